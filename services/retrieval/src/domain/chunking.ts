import { z } from 'zod';

const separators = z.array(z.string().min(1).max(50)).min(1).max(20);

/** How documents are cut. Lengths are characters (UTF-16 code units) or, roughly, tokens of four characters. */
export const chunkingSchema = z.strictObject({
  mode: z.enum(['text', 'parent_child', 'question_answer']).default('text'),
  unit: z.enum(['characters', 'tokens']).default('characters'),
  /** Tried in order: the first that makes pieces small enough wins. */
  separators: separators.default(['\n\n', '\n', '. ', '。', '! ', '? ', ' ']),
  /** Cuts at the first separator also where pieces are short, and keeps these apart. */
  keep_apart: z.boolean().optional(),
  max_length: z.int().min(10).max(20_000).default(1000),
  overlap: z.int().min(0).max(5000).default(100),
  remove_extra_spaces: z.boolean().default(true),
  remove_urls_emails: z.boolean().default(false),
  /** Of `parent_child`: parents are paragraphs of `max_length`, or the whole document. */
  parent: z.enum(['paragraph', 'document']).default('paragraph'),
  child_separators: separators.default(['\n', '. ', '。', ' ']),
  child_max_length: z.int().min(10).max(20_000).default(300),
});
export type Chunking = z.infer<typeof chunkingSchema>;

/** What was cut out of a document. */
export interface CutChunk {
  readonly content: string;
  readonly answer: string;
  /** Of a parent: its parts, which are searched in its place. */
  readonly children: readonly string[];
}

/** Cuts a text. Pure: the same text and rules give the same chunks. */
export function cut(text: string, rules: Chunking): CutChunk[] {
  const clean = cleaned(text, rules);
  if (rules.mode === 'question_answer') return questionsOf(clean, rules);
  const cutOnce = rules.keep_apart ? apart : pieces;
  const perUnit = rules.unit === 'tokens' ? charactersPerToken : 1;
  if (rules.mode === 'text')
    return cutOnce(clean, rules.separators, rules.max_length * perUnit, rules.overlap * perUnit).map(plain);
  const parents =
    rules.parent === 'document'
      ? [clean.trim()].filter(Boolean)
      : cutOnce(clean, rules.separators, rules.max_length * perUnit, 0);
  return parents.map((content) => ({
    content,
    answer: '',
    children: cutOnce(content, rules.child_separators, rules.child_max_length * perUnit, 0),
  }));
}

const charactersPerToken = 4;
const plain = (content: string): CutChunk => ({ content, answer: '', children: [] });

function cleaned(text: string, { remove_extra_spaces: spaces, remove_urls_emails: addresses }: Chunking): string {
  // Characters that PostgreSQL does not take, or that nobody sees.
  let clean = text.replace(/\r\n?/g, '\n').replace(/\p{Cc}/gu, (sign) => (sign === '\n' || sign === '\t' ? sign : ''));
  if (addresses) clean = clean.replace(/https?:\/\/\S+/g, '').replace(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '');
  if (spaces) clean = clean.replace(/\n{3,}/g, '\n\n').replace(/[\t\f\v\u00a0\u2000-\u200a\u3000 ]{2,}/g, ' ');
  return clean.toWellFormed();
}

/** Pieces of at most so many characters; each but the first begins with up to `overlap` characters of the end of the one before. */
function pieces(text: string, separators: readonly string[], longest: number, overlap: number): string[] {
  const step = Math.min(overlap, Math.floor(longest / 2));
  const found: string[] = [];
  let current = '';
  for (const part of small(text, separators, longest - step)) {
    if (current.length + part.length > longest && current.trim() !== '') {
      found.push(current);
      current = tailOf(current, step, longest - part.length);
    }
    current += part;
  }
  if (current.trim() !== '') found.push(current);
  return found.map((piece) => piece.trim());
}

/** The end of a piece, beginning at a word where it has one. */
function tailOf(piece: string, overlap: number, room: number): string {
  const length = Math.min(overlap, room);
  if (length <= 0) return '';
  const tail = piece.slice(-length);
  const word = tail.search(/\s/);
  return wellCut(word >= 0 && word < tail.length - 1 ? tail.slice(word + 1) : tail);
}

/** As above, but every piece between two of the first separators stays by itself, without them. */
function apart(text: string, separators: readonly string[], longest: number, overlap: number): string[] {
  const [first = '', ...others] = separators;
  return text.split(first).flatMap((part) => pieces(part.trim(), others, longest, overlap));
}

/** Parts that are small enough, together the whole text: cut at the first separator, those still too long at the next. */
function small(text: string, separators: readonly string[], longest: number): string[] {
  if (text.length <= longest) return [text];
  const [separator, ...others] = separators;
  if (separator === undefined) return hard(text, longest);
  return after(text, separator).flatMap((part) => small(part, others, longest));
}

/** Cut after each separator, which stays at the end of its part. */
function after(text: string, separator: string): string[] {
  const parts = text.split(separator);
  return parts.map((part, index) => (index < parts.length - 1 ? part + separator : part)).filter((part) => part !== '');
}

/** Where nothing separates: at the limit, but never through a character of two units. */
function hard(text: string, longest: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + longest, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1)) && end - 1 > at) end -= 1;
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const wellCut = (text: string) => (/^[\udc00-\udfff]/.test(text) ? text.slice(1) : text);

const questionLine = /^\s*(?:\*\*)?(?:Q|Question|问)(?:\d+)?\s*[:：.]\s*(?:\*\*)?/i;
const answerLine = /^\s*(?:\*\*)?(?:A|Answer|答)(?:\d+)?\s*[:：.]\s*(?:\*\*)?/i;

/** Lines that begin with `Q:` and `A:`, each up to the next such line; or two columns of a table with commas or tabs. */
function questionsOf(text: string, { max_length: longest }: Chunking): CutChunk[] {
  const pairs: { question: string; answer: string }[] = [];
  let into: 'question' | 'answer' | undefined;
  for (const line of text.split('\n')) {
    const columns = /^([^\t]+)\t(.+)$/.exec(line);
    if (columns && into === undefined) pairs.push({ question: columns[1] ?? '', answer: columns[2] ?? '' });
    else if (questionLine.test(line)) {
      pairs.push({ question: line.replace(questionLine, ''), answer: '' });
      into = 'question';
    } else if (answerLine.test(line) && pairs.length > 0) {
      into = 'answer';
      add(pairs.at(-1), into, line.replace(answerLine, ''));
    } else if (into) add(pairs.at(-1), into, line);
  }
  return pairs
    .map(({ question, answer }) => ({
      content: question.trim().slice(0, longest),
      answer: answer.trim(),
      children: [],
    }))
    .filter(({ content, answer }) => content !== '' && answer !== '');
}

function add(pair: { question: string; answer: string } | undefined, into: 'question' | 'answer', line: string): void {
  if (pair) pair[into] += `${pair[into] ? '\n' : ''}${line}`;
}
