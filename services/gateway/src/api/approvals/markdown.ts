const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/**
 * The part of Markdown that people write into forms, as HTML: headings, lists, code, bold, italic, links. Everything is escaped
 * first, so that no text becomes markup that is not listed here.
 */
export function markdownHtml(markdown: string): string {
  const blocks = escapeHtml(markdown.replace(/\r\n?/g, '\n')).split(/\n{2,}/);
  return blocks.map(blockHtml).join('\n');
}

/** A block is cut where the kind of its lines changes: a list may follow a line of text at once. */
function blockHtml(block: string): string {
  const parts: { kind: string; lines: string[] }[] = [];
  for (const line of block.split('\n').filter((one) => one.trim() !== '')) {
    const kind = kindOf(line);
    const last = parts.at(-1);
    if (last?.kind === kind && kind !== 'heading') last.lines.push(line);
    else parts.push({ kind, lines: [line] });
  }
  return parts.map(({ kind, lines }) => partHtml(kind, lines)).join('\n');
}

const heading = /^(#{1,6})\s+/;
const bullet = /^\s*[-*+]\s+/;
const numbered = /^\s*\d+[.)]\s+/;

function kindOf(line: string): 'heading' | 'ul' | 'ol' | 'p' {
  if (heading.test(line)) return 'heading';
  if (bullet.test(line)) return 'ul';
  return numbered.test(line) ? 'ol' : 'p';
}

function partHtml(kind: string, lines: readonly string[]): string {
  if (kind === 'p') return `<p>${lines.map(inlineHtml).join('<br>')}</p>`;
  if (kind === 'heading') {
    const [line = ''] = lines;
    // The page's own title is the first level.
    const level = Math.min((heading.exec(line)?.[1]?.length ?? 1) + 1, 6);
    return `<h${level}>${inlineHtml(line.replace(heading, ''))}</h${level}>`;
  }
  const items = lines.map((line) => `<li>${inlineHtml(line.replace(kind === 'ul' ? bullet : numbered, ''))}</li>`);
  return `<${kind}>${items.join('')}</${kind}>`;
}

function inlineHtml(escaped: string): string {
  return escaped
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? `<code>${part.slice(1, -1)}</code>` : emphasisHtml(part)))
    .join('');
}

function emphasisHtml(escaped: string): string {
  return escaped
    .replace(/\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g, '<a href="$2" rel="noreferrer noopener">$1</a>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*\s][^*]*)\*/g, '<em>$1</em>');
}
