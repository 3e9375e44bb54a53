import { type Page, parsePage } from './markup.js';

/** Parts of a page that are no text. */
const noText = 'script, style, noscript, template, iframe, object, svg, canvas';

/** A page as Markdown: its article where it has one, else all of it. */
export async function readHtml(html: string): Promise<string> {
  const page = await parsePage(html);
  const title = page.title.trim();
  const article = await articleOf(page);
  for (const part of page.querySelectorAll(noText)) part.remove();
  const markdown = await htmlToMarkdown(article ?? page.body.innerHTML);
  return title === '' || markdown.includes(title) ? markdown : `# ${title}\n\n${markdown}`;
}

async function articleOf(page: Page): Promise<string | undefined> {
  const { Readability, isProbablyReaderable } = await import('@mozilla/readability');
  if (!isProbablyReaderable(page)) return undefined;
  const article = new Readability<string>(page.cloneNode(true)).parse();
  return article?.content ?? undefined;
}

/** A piece of HTML as Markdown. Pictures are left out but for their words: what they show is no text. */
export async function htmlToMarkdown(html: string): Promise<string> {
  const [{ default: TurndownService }, { gfm }] = await Promise.all([
    import('turndown'),
    import('@joplin/turndown-plugin-gfm'),
  ]);
  const turndown = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' });
  turndown.use(gfm);
  turndown.remove(['script', 'style', 'noscript']);
  turndown.addRule('pictures', { filter: 'img', replacement: (_, node) => words(node) });
  return turndown.turndown(html).trim();
}

const words = (picture: unknown) =>
  (picture as { getAttribute(name: string): string | null }).getAttribute('alt') ?? '';
