import { FailureError } from '@treadle/failure';

/** Deeper than anything that means something; checks that walk a value are not to run out of stack. */
const maxDepth = 100;

/**
 * Parses a body.
 * @throws FailureError `invalid_argument` for what is no JSON, is nested very deep, or has names that mean something to every object:
 * `__proto__`, and `constructor` with a `prototype`.
 */
export function readJson(body: string): unknown {
  const value = parse(body);
  if (mayBeDeep(body) || mayMeddle.test(body)) check(value);
  return value;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw refused(`The body is not JSON: ${(error as Error).message}.`);
  }
}

/** Names may be written with escapes. */
const mayMeddle = /__proto__|constructor|\\u/i;

/** Every level takes two characters. */
const mayBeDeep = (body: string) => body.length > 2 * maxDepth;

/** Level by level, since it must not run out of stack itself. */
function check(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) throw refused(`The body is nested more than ${maxDepth} deep. Send it flatter.`);
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? partsOf(one) : []));
  }
}

function partsOf(one: object): unknown[] {
  if (Array.isArray(one)) return one.filter((part) => typeof part === 'object');
  if (Object.hasOwn(one, '__proto__')) throw meddling('__proto__');
  const { constructor } = one as { constructor: unknown };
  const own = Object.hasOwn(one, 'constructor') && typeof constructor === 'object' && constructor !== null;
  if (own && Object.hasOwn(constructor, 'prototype')) throw meddling('constructor.prototype');
  return Object.values(one);
}

function meddling(name: string): FailureError {
  return refused(`The body names "${name}", which every object has. Use another name.`);
}

function refused(message: string): FailureError {
  return FailureError.of('invalid_argument', message, { field: 'body' });
}
