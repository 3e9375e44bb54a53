import { failure } from '@treadle/failure';
import {
  type EndedRound,
  isJsonObject,
  type Json,
  type Read,
  type RoundResult,
  type Settlement,
  valueAsText,
} from '@treadle/workflow';
import { z } from 'zod';
import { defineContainerNode, defineControlNode } from '../define-node.js';
import { type CallResult, callIn, cut, filesIn, orFailure } from './agent-values.js';

/** An agent's output tells this much of arguments and answers, in characters each. */
const longestShown = 2000;

/** The calls of one answer of the model: at once where none of them changes anything, else one after the other. */
export const agentCalls = defineContainerNode<object>({
  type: 'agent-calls',
  group: 'tool',
  within: ['agent'],
  title: 'Calls',
  summary: 'Makes the calls that the model of an agent wants.',
  config: z.object({}),
  reads: () => [
    { selector: ['@think', 'calls'], field: 'think.calls' },
    { selector: ['@think', 'parallel'], field: 'think.parallel' },
  ],
  readsInside: () => [
    { selector: ['@calls', 'item'], field: 'calls.item' },
    ...['@gate', 'ask', 'call'].map((node) => ({ selector: [node, 'text'] as const, field: `${node}.text` })),
    { selector: ['@call', 'is_error'], field: 'call.is_error' },
    { selector: ['@call', 'files'], field: 'call.files' },
  ],
  locals: () => ['item', 'index'],
  handles: () => ['source'],
  outputs: () => ['output', 'steps', 'files'],
  startsAt: () => '@gate',
  open: (_config, read) => {
    const calls = read(['@think', 'calls']);
    if (!Array.isArray(calls))
      return { failure: failure('internal', 'The model step of the agent gave no list of calls.') };
    const items = calls as readonly Json[];
    return { rounds: items.length, parallel: read(['@think', 'parallel']) === true ? items.length : 1, items };
  },
  endRound: (_config, { read }: EndedRound) => orFailure(() => ({ output: roundOutput(read) })),
  survives: () => false,
  close: (_config, rounds) => closeCalls(rounds),
});

/** What became of a call: it was made, a person refused it, or it could not be made at all. */
function roundOutput(read: Read): Json {
  const { id, name, toolset, tool, arguments: given } = callIn(read);
  const made = read(['@call', 'text']);
  const text = made ?? read(['@ask', 'text']) ?? read(['@gate', 'text']) ?? '';
  const is_error = made === undefined || read(['@call', 'is_error']) === true;
  const result = { id, name, text: valueAsText(text), is_error } satisfies CallResult;
  const shown = { toolset, tool, arguments: shownArguments(given), text: cut(result.text, longestShown), is_error };
  return { result, shown, files: read(['@call', 'files']) ?? [] };
}

function shownArguments(given: Json): Json {
  const json = JSON.stringify(given);
  return json.length > longestShown ? cut(json, longestShown) : given;
}

function closeCalls(rounds: readonly RoundResult[]): Settlement {
  const outputs = rounds.map((round) => ('output' in round && isJsonObject(round.output) ? round.output : {}));
  return {
    outputs: {
      output: outputs.map(({ result = null }) => result),
      steps: outputs.map(({ shown = null }) => shown),
      files: outputs.flatMap(({ files }) => filesIn(files)),
    },
  };
}

/** Says what is to be done with a call. */
export const agentGate = defineControlNode<object>({
  type: 'agent-gate',
  group: 'logic',
  within: ['agent-calls'],
  title: 'Gate',
  summary: 'Lets a call of an agent pass, asks a person first, or turns it away.',
  config: z.object({}),
  reads: () => [{ selector: ['@calls', 'item'], field: 'calls.item' }],
  handles: () => ['call', 'ask', 'refused'],
  outputs: () => ['text'],
  settle: (_config, read) => orFailure(() => settleGate(read)),
});

function settleGate(read: Read): Settlement {
  const { problem, needs_approval } = callIn(read);
  if (problem !== '') return { outputs: { text: problem }, handle: 'refused' };
  return { outputs: {}, handle: needs_approval ? 'ask' : 'call' };
}

/** Keeps what became of the calls for the next round. */
export const agentKeep = defineControlNode<{ readonly agent: string }>({
  type: 'agent-keep',
  group: 'tool',
  within: ['agent'],
  title: 'Keep',
  summary: 'Hands the answers of tools to the next round of an agent.',
  config: z.object({ agent: z.string() }),
  reads: ({ agent }) => [
    { selector: ['@calls', 'output'], field: 'calls.output', handedOn: true },
    { selector: ['@calls', 'files'], field: 'calls.files' },
    { selector: [agent, 'files'], field: 'files' },
  ],
  writes: ({ agent }) => [
    { selector: [agent, 'results'], field: 'results', handedOn: true },
    { selector: [agent, 'files'], field: 'files' },
  ],
  handles: () => ['source'],
  outputs: () => [],
  settle: ({ agent }, read) => ({
    outputs: {},
    assigns: [
      { selector: [agent, 'results'], value: read(['@calls', 'output']) ?? [] },
      {
        selector: [agent, 'files'],
        value: [...filesIn(read([agent, 'files'])), ...filesIn(read(['@calls', 'files']))],
      },
    ],
  }),
});
