import { failure } from '@treadle/failure';
import { parseTextTemplate, type Selector } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { type RunEvent, RunText, type RunTextPlan } from './index.js';
import type { TextNode } from './run-text-plan.js';

/** Nodes in order: an id alone is ordinary, `id?` branches, `id*` streams `text`. Edges as in `a>b` or `a:true>b`. Texts by node id. */
function planOf(nodes: string, edges: string, texts: Record<string, string | Selector[]>): RunTextPlan {
  const names = nodes.split(' ').map((word) => word.replace(/[?*]$/, ''));
  const links = edges.split(' ').map((word) => {
    const [from = '', target = ''] = word.split('>');
    const [source = '', handle = 'source'] = from.split(':');
    return { source, handle, target };
  });
  return {
    entry: names[0]!,
    texts: names.flatMap((id): TextNode[] => {
      const text = texts[id];
      if (text === undefined) return [];
      if (typeof text === 'string') return [{ id, form: 'template' as const, segments: parseTextTemplate(text) }];
      return [{ id, form: 'lines' as const, segments: text.map((selector) => ({ selector, source: '' })) }];
    }),
    ways: new Map(
      names.map((id, index) => [
        id,
        {
          incoming: links.filter((link) => link.target === id).length,
          outgoing: links.filter((link) => link.source === id),
          branching: nodes.split(' ')[index]!.endsWith('?'),
        },
      ]),
    ),
    assignsConversation: false,
    named: new Set(names),
    streams: new Map(nodes.split(' ').flatMap((word) => (word.endsWith('*') ? [[word.slice(0, -1), 'text']] : []))),
  };
}

/** A reader beside the text it has been sent. */
class Reader {
  readonly run: RunText;
  text = '';

  constructor(plan: RunTextPlan) {
    this.run = new RunText(plan);
    this.event({
      type: 'run-started',
      engine: 1,
      inputs: {},
      sys: { query: 'why' },
      environment: {},
      conversation: {},
    });
  }

  event(...events: RunEvent[]): this {
    for (const event of events) this.run.apply(event);
    return this.read();
  }

  says(nodeKey: string, executionId: string, offset: number, text: string, attempt = 1): string {
    const outcome = this.run.add({ nodeKey, executionId, offset, text, attempt });
    this.read();
    return outcome;
  }

  read(): this {
    const patch = this.run.take();
    if (patch) this.text = this.text.slice(0, patch.offset) + patch.text;
    return this;
  }
}

const done = (key: string, outputs: Record<string, string> = {}, extra: object = {}): RunEvent => ({
  type: 'node-completed',
  key,
  outputs,
  ...extra,
});
const result = (key: string, text: string, execution: string) => done(key, { text }, { execution, attempt: 1 });
const over: RunEvent = { type: 'run-completed', outputs: {} };
const failed: RunEvent = { type: 'run-failed', failure: failure('internal', 'x') };

const chat = planOf('start llm* answer', 'start>llm llm>answer', { answer: 'Q {{#sys.query#}}: {{#llm.text#}}!' });

describe('the text of a run', () => {
  it('shows words, known values and live text before the node has finished', () => {
    const reader = new Reader(chat).event(done('start'));
    expect(reader.text).toBe('Q why: ');
    reader.says('llm', 'e1', 0, 'be');
    reader.says('llm', 'e1', 2, 'cause');
    expect(reader.text).toBe('Q why: because');
    expect(reader.event(result('llm', 'because', 'e1'), done('answer'), over).text).toBe('Q why: because!');
  });

  it('shows nothing of an entry until it is known which one the run began at', () => {
    const { entry: _, ...plan } = planOf('start hook one two', 'start>one hook>two', { one: 'called', two: 'hooked' });
    const reader = new Reader(plan);
    expect(reader.text).toBe('');
    const skipped = (id: string): RunEvent => ({ type: 'nodes-skipped', keys: [id] });
    expect(reader.event(skipped('start'), done('hook'), skipped('one')).text).toBe('hooked');
  });

  it('shows variables of the conversation as its node saw them, where they may change', () => {
    const assigns = {
      ...planOf('start set answer', 'start>set set>answer', { answer: 'So {{#conversation.mood#}}.' }),
    };
    const reader = new Reader({ ...assigns, assignsConversation: true }).event(done('start'));
    expect(reader.text).toBe('So ');
    const assigned = (mood: string): RunEvent => ({
      type: 'variables-assigned',
      key: 'set',
      owner: 'conversation',
      values: { mood },
    });
    reader.event(assigned('good'), done('set'), done('answer'), assigned('late'));
    expect(reader.text).toBe('So good.');
  });

  it('knows nothing of nodes inside of containers', () => {
    const reader = new Reader(chat).event(done('start'), result('each[0]/llm', 'inside', 'e0'));
    expect(reader.says('each[1]/llm', 'e1', 0, 'inside')).toBe('ignored');
    expect(reader.text).toBe('Q why: ');
  });

  it('sends only the rest when the result confirms the live text', () => {
    const reader = new Reader(chat);
    reader.says('llm', 'e1', 0, 'be');
    reader.run.apply(result('llm', 'because', 'e1'));
    expect(reader.run.take()).toEqual({ offset: 9, text: 'cause!', node: 'answer' });
  });

  it('replaces live text by that of a newer attempt, and ignores the older one from then on', () => {
    const reader = new Reader(chat);
    reader.says('llm', 'e1', 0, 'wrong');
    reader.says('llm', 'e2', 0, 'ri', 2);
    expect(reader.says('llm', 'e1', 5, 'er')).toBe('ignored');
    expect(reader.text).toBe('Q why: ri');
  });

  it('replaces live text when another execution gave the result', () => {
    const reader = new Reader(chat);
    reader.says('llm', 'e1', 0, 'zombie');
    expect(reader.event(result('llm', 'fine', 'e2')).text).toBe('Q why: fine!');
  });

  it('takes live text back when the run ends without a result for it', () => {
    const reader = new Reader(chat);
    reader.says('llm', 'e1', 0, 'half');
    expect(reader.event(failed).text).toBe('Q why: ');
  });

  it('drops repeated deltas and reports lost ones', () => {
    const reader = new Reader(chat);
    reader.says('llm', 'e1', 0, 'abc');
    expect(reader.says('llm', 'e1', 1, 'bc')).toBe('ignored');
    expect(reader.says('llm', 'e1', 5, 'f')).toBe('gap');
    expect(reader.says('llm', 'e1', 0, 'abcdef')).toBe('taken');
    expect(reader.text).toBe('Q why: abcdef');
  });

  it('holds a text back while a branch upstream is undecided, and passes the one not taken', () => {
    const plan = planOf('start if? llm* yes no', 'start>if if:true>llm if:false>no llm>yes', {
      yes: 'Y {{#llm.text#}}',
      no: 'N',
    });
    const reader = new Reader(plan);
    reader.says('llm', 'e1', 0, 'early');
    expect(reader.text).toBe('');
    reader.event(done('if', {}, { handle: 'true' }));
    expect(reader.text).toBe('Y early');
    reader.event({ type: 'nodes-skipped', keys: ['no'] }, result('llm', 'early.', 'e1'), done('yes'));
    expect(reader.text).toBe('Y early.');
    expect(new Reader(plan).event(done('if', {}, { handle: 'false' })).text).toBe('');
  });

  it('keeps a later text waiting for an earlier one', () => {
    const plan = planOf('start a* b* one two', 'start>a start>b a>one b>two', {
      one: '{{#a.text#}}.',
      two: '{{#b.text#}}',
    });
    const reader = new Reader(plan);
    reader.says('b', 'eb', 0, 'second');
    expect(reader.text).toBe('');
    reader.says('a', 'ea', 0, 'first');
    expect(reader.event(result('a', 'first', 'ea')).text).toBe('first.');
    expect(reader.event(done('one')).text).toBe('first.second');
  });

  it('joins the strings of end nodes by line breaks and leaves other values out', () => {
    const plan = planOf('start a b* end', 'start>a a>b b>end', {
      end: [
        ['a', 'text'],
        ['a', 'count'],
        ['b', 'text'],
      ] as Selector[],
    });
    const reader = new Reader(plan).event({ ...done('a'), outputs: { text: 'one', count: 3 } } as RunEvent);
    expect(reader.text).toBe('one');
    reader.says('b', 'e', 0, 'tw');
    expect(reader.text).toBe('one\ntw');
    expect(reader.event(result('b', 'two', 'e')).text).toBe('one\ntwo');
  });

  it('shows what an error strategy gave in place of the text', () => {
    const reader = new Reader(chat);
    reader.says('llm', 'e1', 0, 'half');
    reader.event({
      type: 'node-failed',
      key: 'llm',
      failure: failure('internal', 'x'),
      handled: 'default-value',
      outputs: { text: 'sorry' },
    });
    expect(reader.text).toBe('Q why: sorry!');
  });
});

describe('a reader that comes back', () => {
  const history = (...events: RunEvent[]) => {
    const run = new RunText(chat);
    run.apply({ type: 'run-started', engine: 1, inputs: {}, sys: { query: 'why' }, environment: {}, conversation: {} });
    for (const event of events) run.apply(event);
    return run;
  };

  it('gets the rest when its live text became the result', () => {
    const run = history(result('llm', 'because', 'e1'));
    expect(run.resume({ offset: 9, live: { start: 7, execution: 'e1' } })).toBe(true);
    expect(run.take()).toMatchObject({ offset: 9, text: 'cause!' });
  });

  it('gets the text again from where it diverged when another execution gave the result', () => {
    const run = history(result('llm', 'other', 'e2'));
    expect(run.resume({ offset: 9, live: { start: 7, execution: 'e1' } })).toBe(true);
    expect(run.take()).toMatchObject({ offset: 7, text: 'other!' });
  });

  it('gets the rest of the live text while the same execution speaks, once more is known than it has', () => {
    const run = history();
    expect(run.resume({ offset: 9, live: { start: 7, execution: 'e1' } })).toBe(true);
    expect(run.take()).toBeUndefined();
    run.add({ nodeKey: 'llm', executionId: 'e1', attempt: 1, offset: 0, text: 'b' });
    expect(run.take()).toBeUndefined();
    run.add({ nodeKey: 'llm', executionId: 'e1', attempt: 1, offset: 1, text: 'ecau' });
    expect(run.take()).toMatchObject({ offset: 9, text: 'cau' });
  });

  it('loses live text that an ended run never confirmed', () => {
    const run = history(failed);
    expect(run.resume({ offset: 9, live: { start: 7, execution: 'e1' } })).toBe(true);
    expect(run.take()).toEqual({ offset: 7, text: '', node: 'answer' });
  });

  it('is refused at a place where nobody can have been', () => {
    expect(history().resume({ offset: 8 })).toBe(false);
    expect(history().resume({ offset: 9, live: { start: 8, execution: 'e1' } })).toBe(false);
    expect(history(result('llm', 'be', 'e1')).resume({ offset: 40, live: { start: 7, execution: 'e1' } })).toBe(false);
  });
});

it('passes a thousand branches in a row without walking anything twice', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `n${index}?`).join(' ');
  const edges = Array.from({ length: 999 }, (_, index) => `n${index}:true>n${index + 1}`).join(' ');
  const reader = new Reader(planOf(`${names} answer`, `${edges} n999:true>answer`, { answer: 'deep' }));
  for (let index = 0; index < 1000; index += 1) reader.event(done(`n${index}`, {}, { handle: 'true' }));
  expect(reader.text).toBe('deep');
});
