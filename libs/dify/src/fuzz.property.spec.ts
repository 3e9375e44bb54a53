import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { advance, type Input, isTerminal, newRun, outstanding, type RunState, replay } from '@treadle/engine';
import { FailureError, failure, failureCodes } from '@treadle/failure';
import { catalog } from '@treadle/nodes';
import { drawWorkflow, randomFrom } from '@treadle/testing/drawing';
import { compile, type Json, type JsonObject, type Plan, parseDocument, readDocument } from '@treadle/workflow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutate, mutations } from '../test/mutate.js';
import { importDify, isDifyFile } from './index.js';

const numRuns = Number(process.env['TREADLE_PROPERTY_RUNS'] ?? 2000);

const folder = fileURLToPath(new URL('__fixtures__/', import.meta.url));
const apps = readdirSync(folder).map((name) =>
  parseDocument(readFileSync(folder + name, 'utf8'), { maxBytes: 10_000_000 }),
);

/** Apps of Dify and documents of our own, each with some things wrong. */
const files = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...apps),
      fc.integer().map((seed) => drawWorkflow(randomFrom(seed), 4).document as unknown as Json),
    ),
    mutations,
  )
  .map(([file, changes]) => mutate(file, changes));

/** As the gateway and the orchestrator do it. A file is refused by a failure of the caller's, or by diagnostics. */
function planOf(file: Json): Plan | undefined {
  try {
    const foreign = isDifyFile(file);
    const document = foreign ? importDify(file).document : readDocument(file).document;
    return document && compile(document, catalog, { tolerant: foreign }).plan;
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    expect(failureCodes[error.failure.code].kind).toBe('caller');
    return undefined;
  }
}

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
const jsonObject = fc.dictionary(fc.string({ maxLength: 10 }), json, { maxKeys: 4 }) as fc.Arbitrary<JsonObject>;

/** What executors, people and clocks may say, true or not. `which` chooses among the keys of the run. */
const words = fc.record({
  which: fc.nat(1000),
  attempt: fc.integer({ min: -1, max: 3 }),
  kind: fc.constantFrom('result', 'result', 'result', 'failed', 'answer', 'timer', 'cancel'),
  outputs: jsonObject,
  text: fc.string({ maxLength: 12 }),
  later: fc.nat(100_000),
});
type Word = typeof words extends fc.Arbitrary<infer T> ? T : never;

function inputOf(state: RunState, plan: Plan, at: number, { which, attempt, kind, outputs, text }: Word): Input {
  const open = [...state.open, ...plan.nodes.keys(), text];
  const key = open[which % open.length] ?? text;
  switch (kind) {
    case 'result':
      return { type: 'result', at, key, attempt: Math.max(attempt, 1), outcome: { outputs, handle: text } };
    case 'failed':
      return { type: 'result', at, key, attempt, outcome: { failure: failure('provider_error', text) } };
    case 'answer':
      return { type: 'answer', at, key, action: text, values: outputs, by: text };
    case 'timer':
      return { type: 'timer', at };
    default:
      return which % 10 === 0 ? { type: 'cancel', at, reason: text } : { type: 'timer', at };
  }
}

describe('whatever is thrown at it', () => {
  it('import refuses or compiles, and the engine goes on or ends, without ever breaking', { timeout: 600_000 }, () => {
    let compiled = 0;
    fc.assert(
      fc.property(files, jsonObject, fc.array(words, { maxLength: 20 }), (file, inputs, said) => {
        const plan = planOf(file);
        if (!plan) return;
        compiled += 1;
        let at = 1_750_000_000_000;
        const { environment, conversation } = plan;
        let { state } = advance(plan, catalog, newRun, {
          type: 'start',
          at,
          inputs,
          sys: {},
          environment,
          conversation,
        });
        for (const word of said) {
          at += word.later;
          const decision = advance(plan, catalog, state, inputOf(state, plan, at, word));
          expect(decision.state.sequence).toBe(state.sequence + decision.events.length);
          expect(outstanding(replay(decision.events, state))).toEqual(outstanding(decision.state));
          if (isTerminal(state.status)) expect(decision.events).toEqual([]);
          state = decision.state;
        }
      }),
      { numRuns },
    );
    // Files that are all refused would leave the engine in peace.
    expect(compiled).toBeGreaterThan(numRuns / 20);
  });
});
