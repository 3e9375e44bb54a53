import { type Failure, failure } from '@treadle/failure';
import { type Json, type Opening, type Read, type RoundResult, type Settlement, selectorText } from '@treadle/workflow';
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
  if (!Array.isArray(items)) {
    const message = `The iteration wants a list, but "${name}" is none. Choose a variable that holds a list.`;
    return { failure: failure('node_configuration', message) };
  }
  const list = items as readonly Json[];
  return { rounds: list.length, items: list, parallel: config.is_parallel ? config.parallel_nums : 1 };
}

/** The outputs of the rounds in the order of the items. */
export function closeIteration(config: IterationConfig, rounds: readonly RoundResult[]): Settlement {
  const kept = config.error_handle_mode === 'remove-abnormal-output' ? rounds.filter(isSound) : rounds;
  const output = kept.map((round) => ('output' in round ? round.output : null));
  return { outputs: { output: config.flatten_output ? flattened(output) : output } };
}

function isSound(round: RoundResult): boolean {
  return 'output' in round;
}

/** dify-contract: one level, and only if every element is a list; rounds that gave nothing do not count. */
function flattened(output: readonly Json[]): readonly Json[] {
  const given = output.filter((item) => item !== null);
  return given.length > 0 && given.every((item) => Array.isArray(item)) ? given.flat(1) : output;
}
