import type { Json } from './json.js';
import type { Selector } from './selector.js';

/** A piece of a text with references: words as they are, or the value of a selector. */
export type TextSegment = { readonly literal: string } | { readonly selector: Selector; readonly source: string };

/** The text an output node shows to the caller, in order. */
export interface TextOutline {
  readonly segments: readonly TextSegment[];
  /** `template`: words and values in a row. `lines`: only values that are strings, each on a line of its own. */
  readonly form: 'template' | 'lines';
}

/** `{{#node.name.path#}}`; dify-contract: ids of 1 to 50 word characters, names of at most 30, up to 10 deep. We also take `-` in ids. */
const reference = /\{\{#([A-Za-z0-9_-]{1,50}(?:\.[A-Za-z_][A-Za-z0-9_]{0,29}){1,10})#\}\}/g;

/** Splits a text into its segments. What only looks like a reference stays text. */
export function parseTextTemplate(text: string): TextSegment[] {
  const segments: TextSegment[] = [];
  let end = 0;
  for (const match of text.matchAll(reference)) {
    if (match.index > end) segments.push({ literal: text.slice(end, match.index) });
    segments.push({ selector: (match[1] ?? '').split('.') as unknown as Selector, source: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) segments.push({ literal: text.slice(end) });
  return segments;
}

/** The selectors a text refers to, in order. */
export function selectorsOf(text: string): Selector[] {
  return parseTextTemplate(text).flatMap((segment) => ('selector' in segment ? [segment.selector] : []));
}

/** How a value reads inside a text: strings as they are, nothing for null, the rest as JSON. */
export function valueAsText(value: Json): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Puts values into a text. A reference without a value becomes empty, so that an untaken branch leaves no trace. */
export function renderTextTemplate(text: string, read: (selector: Selector) => Json | undefined): string {
  return parseTextTemplate(text)
    .map((segment) => ('literal' in segment ? segment.literal : valueAsText(read(segment.selector) ?? null)))
    .join('');
}
