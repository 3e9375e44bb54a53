import { stemmer } from 'stemmer';

/** Words that say nothing about what an English text is about. */
const emptyWords = new Set(
  (
    'a an and are as at be but by for from had has have he her his how i if in into is it its me my no not of on or our she so such ' +
    'that the their them then there these they this to was we were what when where which who why will with would you your'
  ).split(' '),
);

/** Scripts that write words without spaces between them: here a dictionary finds them. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const wordPattern = /[\p{L}\p{N}\p{M}]+/gu;
const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });
/** PostgreSQL refuses longer ones, and nobody asks for them. */
const longestWord = 100;

export interface Term {
  /** As it is written, in lower case. */
  readonly word: string;
  /** Without an English ending: what words of one kind have in common. */
  readonly stem: string;
}

/** The words of a text in order, each with its stem. Words that say nothing are left out. */
export function termsOf(text: string): Term[] {
  const terms: Term[] = [];
  for (const [match] of text.normalize('NFKC').toLowerCase().matchAll(wordPattern)) {
    if (unspaced.test(match)) {
      for (const { segment, isWordLike } of segmenter.segment(match))
        if (isWordLike) terms.push({ word: segment, stem: segment });
    } else if (!emptyWords.has(match))
      terms.push({ word: match, stem: /^[a-z]+$/.test(match) ? stemmer(match) : match });
  }
  return terms.filter(({ stem }) => stem.length <= longestWord);
}

/** The words of a text in order, made comparable: lower case, English endings cut off. Words that say nothing are left out. */
export function wordsOf(text: string): string[] {
  return termsOf(text).map(({ stem }) => stem);
}
