import { type Failure, failure } from '@treadle/failure';
import {
  inlineBytes,
  type Json,
  type JsonObject,
  type LargeValue,
  largeFacts,
  type Opening,
  type Read,
  type RoundResult,
  type Settlement,
  selectorText,
} from '@treadle/workflow';
import type { IterationConfig } from './iteration.descriptor.js';

/** One round for each item. Anything but a list is a failure. */
export function openIteration(config: IterationConfig, read: Read): Opening | { readonly failure: Failure } {
  const items = read(config.iterator_selector);
  const name = selectorText(config.iterator_selector);
  if (items === undefined) {
    return {
      failure: failure('value_missing', `"${name}" has no value to iterate over. Give it one before this node.`),
    };
  }
  const parallel = config.is_parallel ? config.parallel_nums : 1;
  const large = largeFacts(items);
  if (large && 'items' in large && large.items !== undefined) {
    return { rounds: large.items, items: items as LargeValue, parallel };
  }
  if (large && 'path' in large) return { failure: insideLarge(name, large.bytes) };
  if (!Array.isArray(items)) {
    const message = `The iteration wants a list, but "${name}" is none. Choose a variable that holds a list.`;
    return { failure: failure('node_configuration', message) };
  }
  const list = items as readonly Json[];
  return { rounds: list.length, items: list, parallel };
}

/** How many items a list has that is only a part of a large value is not known. */
function insideLarge(name: string, bytes: number): Failure {
  const message = `"${name}" is inside a value of ${bytes} bytes; at most ${inlineBytes} can be looked into here. Give the list as an output of its own.`;
  return failure('limit_exceeded', message, { details: { bytes, limit: inlineBytes } });
}

/** The outputs of the rounds in the order of the items. */
export function closeIteration(config: IterationConfig, rounds: readonly RoundResult[]): Settlement {
  const kept = config.error_handle_mode === 'remove-abnormal-output' ? rounds.filter(isSound) : rounds;
  const output = kept.map((round) => ('output' in round ? round.output : null));
  const large = config.flatten_output ? output.flatMap((item) => largeFacts(item) ?? []).find(isList) : undefined;
  if (large) return { failure: largeRound(large.bytes) };
  return { outputs: { output: config.flatten_output ? flattened(output) : output } };
}

function isList(facts: JsonObject): boolean {
  return 'items' in facts;
}

function largeRound(bytes: number): Failure {
  const message = `A round gave a list of ${bytes} bytes; only lists up to ${inlineBytes} can be made one. Switch flatten_output off, or let rounds give less.`;
  return failure('limit_exceeded', message, { details: { bytes, limit: inlineBytes } });
}

function isSound(round: RoundResult): boolean {
  return 'output' in round;
}

/** dify-contract: one level, and only if every element is a list; rounds that gave nothing do not count. */
function flattened(output: readonly Json[]): readonly Json[] {
  const given = output.filter((item) => item !== null);
  return given.length > 0 && given.every((item) => Array.isArray(item)) ? given.flat(1) : output;
}
