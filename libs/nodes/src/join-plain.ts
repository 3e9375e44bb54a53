import { isJsonObject, type Json } from '@treadle/workflow';

/** A reference as plain templates have them, but for the marks that trim the text around it. */
const reference = /\{\{\s*([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[\d+\])*)\s*\}\}/g;
const step = /\.(\w+)|\[(\d+)\]/g;
/** What the text around references cannot hold: the renderer's marks, and a brace that would open a mark before a reference. */
const marks = /\{[{%#]|[%#}]\}|\{$/;

/** Names that mean something else to the renderer. */
const reserved = new Set(
  'true True false False none None not and or in is if else self super loop caller recursive'.split(' '),
);

/**
 * Renders a plain template whose references all lead to texts and whole numbers, which are written as they are: what nearly every template
 * is, at a small part of the renderer's cost.
 * @returns undefined for any other; the renderer knows how to write lists, how to trim, and what to say of what is missing.
 */
export function joinPlain(template: string, variables: Readonly<Record<string, Json>>): string | undefined {
  let text = '';
  let from = 0;
  for (const match of template.matchAll(reference)) {
    const before = template.slice(from, match.index);
    const value = written(match[1] ?? '', match[2] ?? '', variables);
    if (value === undefined || marks.test(before)) return undefined;
    text += before + value;
    from = match.index + match[0].length;
  }
  const rest = template.slice(from);
  // The renderer leaves out one line's end at the end of a template, be it of either or of both characters.
  return marks.test(rest) ? undefined : text + rest.replace(/\r?\n?$/, '');
}

function written(name: string, path: string, variables: Readonly<Record<string, Json>>): string | undefined {
  if (reserved.has(name)) return undefined;
  let value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  for (const [, key, index] of path.matchAll(step))
    value = key === undefined ? item(value, Number(index)) : own(value, key);
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}

function own(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function item(value: Json | undefined, index: number): Json | undefined {
  return Array.isArray(value) ? (value as readonly Json[])[index] : undefined;
}
