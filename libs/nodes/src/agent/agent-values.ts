import { type Failure, FailureError, toFailure } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject, type Read } from '@treadle/workflow';
import { z } from 'zod';
import type { FileValue } from '../files/file.js';

/** A call that the model wants, as the nodes inside an agent hand it on. */
export type AgentCall = {
  /** What the model's call and its answer have in common. */
  readonly id: string;
  /** The tool as the model knows it. */
  readonly name: string;
  readonly toolset: string;
  readonly tool: string;
  readonly version: number;
  /** What the model gave, with what the author has fixed. */
  readonly arguments: JsonObject;
  readonly needs_approval: boolean;
  /** Why it cannot be called, as a sentence for the model; empty where it can. */
  readonly problem: string;
};

/** What became of a call. */
export type CallResult = {
  readonly id: string;
  readonly name: string;
  /** What the model is shown. */
  readonly text: string;
  readonly is_error: boolean;
};

const callSchema = z.object({
  id: z.string(),
  name: z.string(),
  toolset: z.string(),
  tool: z.string(),
  version: z.number(),
  arguments: z.record(z.string(), z.json()),
  needs_approval: z.boolean(),
  problem: z.string(),
});

/**
 * The call of a round, which a node inside the agent has written.
 * @throws FailureError `internal` for what no such node writes.
 */
export function callIn(read: Read): AgentCall {
  const parsed = callSchema.safeParse(read(['@calls', 'item']));
  if (parsed.success) return parsed.data;
  throw FailureError.of('internal', 'A call of the agent cannot be read. The executors may be of another version.');
}

/** What work inside the engine comes to, where a failure is data. */
export function orFailure<Result>(work: () => Result): Result | { readonly failure: Failure } {
  try {
    return work();
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

/** The tokens an agent has used, by the names of a node's output `usage`. */
export function addUsage(before: Json | undefined, more: JsonObject): JsonObject {
  const sum = (name: string) => countOf(before, name) + countOf(more, name);
  return {
    prompt_tokens: sum('prompt_tokens'),
    completion_tokens: sum('completion_tokens'),
    total_tokens: sum('total_tokens'),
  };
}

export function countOf(usage: Json | undefined, name: string): number {
  const count = isJsonObject(usage) ? usage[name] : undefined;
  return typeof count === 'number' ? count : 0;
}

export function filesIn(value: Json | undefined): readonly FileValue[] {
  return Array.isArray(value) ? (value as readonly FileValue[]) : [];
}

/** The beginning of a text that is too long, saying so. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)}… (${text.length - longest} more characters were left out)`;
}
