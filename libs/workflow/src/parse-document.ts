import { FailureError } from '@treadle/failure';
import { CORE_SCHEMA, load, YAMLException } from 'js-yaml';
import type { Json } from './json.js';

export interface ParseLimits {
  /** Longest text accepted, in bytes of UTF-8. */
  readonly maxBytes: number;
}

/** Deeper documents are attacks or accidents, and recursion over them would end in a stack overflow. */
const maxDepth = 100;
/** Tools that write YAML use anchors for repeated parts; more than this many repetitions is an attack. */
const maxAliases = 100;

/**
 * Reads a text as JSON (when it begins with a brace or bracket) or YAML into a plain value.
 * Throws `payload_too_large` above the limit, and `invalid_document` with line and column where the text is neither.
 */
export function parseDocument(text: string, limits: ParseLimits): Json {
  refuseLongText(text, limits.maxBytes);
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const value: unknown = /^\s*[{[]/.test(body) ? parseJson(body) : parseYaml(body);
  return checkedValue(value, limits.maxBytes);
}

function refuseLongText(text: string, maxBytes: number): void {
  // One UTF-16 unit is one to three bytes, so most texts need no encoding to be judged.
  if (text.length * 3 <= maxBytes) return;
  if (text.length <= maxBytes && new TextEncoder().encode(text).length <= maxBytes) return;
  throw FailureError.of(
    'payload_too_large',
    `The document is larger than ${maxBytes} bytes. Make it smaller or split it.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const position = /at position (\d+)/.exec(reason)?.[1];
    const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\n');
    const what = reason.replace(/ in JSON at position.*$/s, '');
    throw notReadable('JSON', what, before.length, (before.at(-1)?.length ?? 0) + 1);
  }
}

function parseYaml(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA, maxDepth, maxAliases });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw notReadable('YAML', error.reason, (error.mark?.line ?? 0) + 1, (error.mark?.column ?? 0) + 1);
  }
}

function notReadable(language: string, reason: string, line: number, column: number): FailureError {
  return FailureError.of(
    'invalid_document',
    `The document cannot be read as ${language}: ${reason.replace(/\.$/, '')} (line ${line}, column ${column}).`,
    { details: { line, column } },
  );
}

/** Proves that a parsed value is JSON: no `__proto__` key, no odd number, not too deep, not blown up by aliases. */
function checkedValue(value: unknown, maxSize: number): Json {
  let size = 0;
  const visit = (current: unknown, path: string, depth: number): void => {
    size += typeof current === 'string' ? current.length : 1;
    if (size > maxSize) throw refused('', 'grows beyond the size limit when its aliases are followed');
    if (depth > maxDepth) throw refused(path, `is nested deeper than ${maxDepth} levels`);
    if (typeof current === 'number' && !Number.isFinite(current)) throw refused(path, 'is not a finite number');
    if (typeof current !== 'object' || current === null) return;
    if (Array.isArray(current)) {
      current.forEach((item, index) => visit(item, `${path}[${index}]`, depth + 1));
      return;
    }
    for (const [name, item] of Object.entries(current)) {
      if (name === '__proto__') throw refused(path, 'has a key "__proto__", which is not allowed');
      visit(item, path === '' ? name : `${path}.${name}`, depth + 1);
    }
  };
  visit(value, '', 0);
  return value as Json;
}

function refused(path: string, problem: string): FailureError {
  const extras = path === '' ? {} : { field: path.slice(0, 200) };
  return FailureError.of(
    'invalid_document',
    `${path === '' ? 'The document' : path.slice(0, 200)} ${problem}.`,
    extras,
  );
}
