import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { jsonrepair } from 'jsonrepair';
import { withoutThinking } from './think-splitter.js';

/**
 * The JSON object in a model's answer: alone, in a fence or among other words. JSON that is nearly right (single quotes, missing
 * commas or brackets, comments) is repaired. `undefined` when there is no object.
 */
export function readJsonObject(answer: string): JsonObject | undefined {
  const candidates = candidatesIn(withoutThinking(answer));
  for (const read of [JSON.parse, repaired]) {
    for (const candidate of candidates) {
      const value = attempt(read, candidate);
      if (isJsonObject(value)) return value;
    }
  }
  return undefined;
}

/** The places where the object may be, the likeliest first: a fence, then the whole; up to the last brace, then as if it were cut off. */
function candidatesIn(answer: string): string[] {
  const fenced = [...answer.matchAll(/```\w*\s([^]*?)```/g)].map(([, content = '']) => content);
  return [...fenced, answer].flatMap((text) => {
    const first = text.indexOf('{');
    const last = text.lastIndexOf('}');
    if (first < 0) return [];
    return last > first ? [text.slice(first, last + 1), text.slice(first)] : [text.slice(first)];
  });
}

function repaired(text: string): unknown {
  return JSON.parse(jsonrepair(text));
}

/** Whatever cannot be read, be it too deep for the parser, is no object: the caller says so with the answer at hand. */
function attempt(read: (text: string) => unknown, text: string): Json | undefined {
  try {
    return read(text) as Json;
  } catch {
    return undefined;
  }
}
