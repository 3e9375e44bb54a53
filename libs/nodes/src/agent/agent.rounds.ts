import {
  type EndedRound,
  isJsonObject,
  type Json,
  type JsonObject,
  type Reference,
  type RoundResult,
  type Settlement,
} from '@treadle/workflow';

/** What the rounds of an agent hand on to each other. */
export const firstVariables = {
  /** The messages so far, the model's newest among them. */
  transcript: [],
  /** What became of the newest calls; the model has not seen it yet. */
  results: [],
  /** Files that tools have made. */
  files: [],
  used: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
} as const satisfies JsonObject;

export function roundReads(): readonly Reference[] {
  return [
    { selector: ['@think', 'done'], field: 'think.done' },
    { selector: ['@think', 'thought'], field: 'think.thought' },
    { selector: ['@think', 'text'], field: 'think.text', handedOn: true },
    { selector: ['@calls', 'steps'], field: 'calls.steps', handedOn: true },
  ];
}

/** The last round is the one in which the model called nothing; it gives the text, the others what was done. */
export function endAgentRound({ read }: EndedRound): { readonly output: Json; readonly stop: boolean } {
  if (read(['@think', 'done']) === true) return { output: { text: read(['@think', 'text']) ?? '' }, stop: true };
  const output = { thought: read(['@think', 'thought']) ?? '', calls: read(['@calls', 'steps']) ?? [] };
  return { output, stop: false };
}

/** The text may be a reference to a large one, so it is handed on as it is. */
export function closeAgent(rounds: readonly RoundResult[], variables: JsonObject): Settlement {
  const outputs = rounds.map((round) => ('output' in round && isJsonObject(round.output) ? round.output : {}));
  return {
    outputs: {
      text: outputs.at(-1)?.text ?? '',
      files: variables.files ?? [],
      json: outputs.slice(0, -1),
      usage: variables.used ?? {},
    },
  };
}
