import { failure } from '@treadle/failure';
import { parseTextTemplate } from '@treadle/workflow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RunEvent, RunText, type RunTextPlan, type TextDelta, type TextPosition } from './index.js';

/** A chain of blocks: each an answer that names a model behind an if-else of two ways, or on the open road. */
interface Block {
  readonly branched: boolean;
  readonly taken: boolean;
  readonly words: string;
  /** Attempts of the model: what each said before it was cut off; the last one is the result. */
  readonly attempts: readonly string[];
}

const blocks = fc.array(
  fc.record({
    branched: fc.boolean(),
    taken: fc.boolean(),
    words: fc.string({ maxLength: 4 }),
    attempts: fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 5 },
);

function planOf(all: readonly Block[]): RunTextPlan {
  const ways: [string, { incoming: number; outgoing: { handle: string; target: string }[]; branching: boolean }][] = [];
  all.forEach((block, index) => {
    const next = index + 1 < all.length ? [{ handle: 'source', target: `if${index + 1}` }] : [];
    const handle = block.branched ? 'true' : 'source';
    const other = block.branched ? [{ handle: 'false', target: `no${index}` }] : [];
    const incoming = index === 0 ? 0 : all[index - 1]!.branched ? 2 : 1;
    ways.push([
      `if${index}`,
      { incoming, branching: block.branched, outgoing: [{ handle, target: `llm${index}` }, ...other] },
    ]);
    ways.push([
      `llm${index}`,
      { incoming: 1, branching: false, outgoing: [{ handle: 'source', target: `yes${index}` }] },
    ]);
    ways.push([`yes${index}`, { incoming: 1, branching: false, outgoing: next }]);
    if (block.branched) ways.push([`no${index}`, { incoming: 1, branching: false, outgoing: next }]);
  });
  return {
    entry: 'if0',
    ways: new Map(ways),
    assignsConversation: false,
    named: new Set(all.map((_, index) => `llm${index}`)),
    streams: new Map(all.map((_, index) => [`llm${index}`, 'text'])),
    texts: all.flatMap((block, index) => [
      {
        id: `yes${index}`,
        form: 'template' as const,
        segments: parseTextTemplate(`${block.words}{{#llm${index}.text#}}[{{#llm${index}.text#}}]`),
      },
      ...(block.branched
        ? [{ id: `no${index}`, form: 'template' as const, segments: [{ literal: `no${index}` }] }]
        : []),
    ]),
  };
}

type Fact = { readonly event: RunEvent } | { readonly delta: TextDelta };

/** What happens in the run, in the order of its happening. */
function factsOf(all: readonly Block[], ending: 'completed' | 'failed'): Fact[] {
  const facts: Fact[] = [];
  const event = (one: RunEvent) => facts.push({ event: one });
  event({ type: 'run-started', engine: 1, inputs: {}, sys: {}, environment: {}, conversation: {} });
  all.forEach((block, index) => {
    const taken = !block.branched || block.taken;
    event({
      type: 'node-completed',
      key: `if${index}`,
      outputs: {},
      handle: block.branched ? String(taken) : undefined,
    });
    if (!taken) {
      event({ type: 'node-completed', key: `no${index}`, outputs: {} });
      event({ type: 'nodes-skipped', keys: [`llm${index}`, `yes${index}`] });
      return;
    }
    block.attempts.forEach((text, attempt) => {
      for (let offset = 0; offset < text.length; offset += 3) {
        const piece = text.slice(offset, offset + 3);
        facts.push({
          delta: {
            nodeKey: `llm${index}`,
            attempt: attempt + 1,
            executionId: `e${index}.${attempt}`,
            offset,
            text: piece,
          },
        });
      }
    });
    const last = block.attempts.length - 1;
    if (ending === 'failed' && index === all.length - 1) return;
    event({
      type: 'node-completed',
      key: `llm${index}`,
      outputs: { text: block.attempts[last]! },
      execution: `e${index}.${last}`,
    });
    event({ type: 'node-completed', key: `yes${index}`, outputs: {} });
    if (block.branched) event({ type: 'nodes-skipped', keys: [`no${index}`] });
  });
  event(
    ending === 'completed'
      ? { type: 'run-completed', outputs: {} }
      : { type: 'run-failed', failure: failure('internal', '') },
  );
  return facts;
}

/** The same text told plainly. */
function plainText(all: readonly Block[], ending: 'completed' | 'failed'): string {
  return all
    .map((block, index) => {
      if (block.branched && !block.taken) return `no${index}`;
      if (ending === 'failed' && index === all.length - 1) return block.words;
      const text = block.attempts.at(-1)!;
      return `${block.words}${text}[${text}]`;
    })
    .join('');
}

/** What may befall one fact on its way to the reader. */
const fates = fc.array(fc.constantFrom('arrives', 'arrives', 'lost', 'twice', 'late', 'drop', 'asks'), {
  minLength: 200,
  maxLength: 200,
});

describe('a reader of a run', () => {
  const ending = fc.constantFrom('completed' as const, 'failed' as const);

  it('ends with the plain text, whatever was lost, repeated, late, and however often it came back', () => {
    fc.assert(
      fc.property(blocks, ending, fates, (all, end, fate) => {
        const plan = planOf(all);
        const facts = factsOf(all, end);
        let run = new RunText(plan);
        let text = '';
        let position: TextPosition = { offset: 0 };
        const late: TextDelta[] = [];
        const read = () => {
          const patch = run.take();
          if (patch) text = text.slice(0, patch.offset) + patch.text;
          position = run.position();
          expect(position.offset).toBe(text.length);
        };
        facts.forEach((fact, index) => {
          const what = fate[index % fate.length];
          if ('event' in fact) run.apply(fact.event);
          else if (what === 'late') late.push(fact.delta);
          else if (what !== 'lost') run.add(fact.delta);
          if ('delta' in fact && what === 'twice') run.add(fact.delta);
          if (what === 'asks') for (const delta of late.splice(0)) run.add(delta);
          if (what === 'drop') {
            run = new RunText(plan);
            for (const past of facts.slice(0, index + 1)) if ('event' in past) run.apply(past.event);
            expect(run.resume(position)).toBe(true);
          } else if (what !== 'twice') read();
        });
        read();
        expect(text).toBe(plainText(all, end));
      }),
      { numRuns: 1000 },
    );
  });

  it('never sees a word twice nor one taken back when nothing goes wrong', () => {
    fc.assert(
      fc.property(blocks, (all) => {
        const sound = all.map((block) => ({ ...block, attempts: block.attempts.slice(-1) }));
        const run = new RunText(planOf(sound));
        let length = 0;
        for (const fact of factsOf(sound, 'completed')) {
          if ('event' in fact) run.apply(fact.event);
          else expect(run.add(fact.delta)).not.toBe('gap');
          const patch = run.take();
          if (!patch) continue;
          expect(patch.offset).toBe(length);
          length += patch.text.length;
        }
        expect(length).toBe(plainText(sound, 'completed').length);
      }),
    );
  });
});
