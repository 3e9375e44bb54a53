import { FailureError, failure, toFailure } from '@treadle/failure';
import type { ChatPart, ChatQuestion, ToolDescription, ToolQuestion } from '@treadle/nodes';
import { findExecutor } from '@treadle/nodes/executors';
import { aTool, fakeContext, fakeModels, fakeTools, finished } from '@treadle/testing/fake-capabilities';
import type { Json, JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { Driver, planOf } from '../test/driver.js';
import { nodeStateAt, planNodeAt, readFrom } from './index.js';

type NodeMore = Parameters<typeof planOf>[0][number];

function agentPlan(config: JsonObject = {}, more: Partial<NodeMore> = {}, others: NodeMore[] = []) {
  const agent = { model: { name: 'm' }, query: '{{#start.question#}}', tools: [{ toolset: 'desk' }], ...config };
  return planOf(
    [
      { id: 'start', type: 'start', config: { variables: [{ variable: 'question' }] } },
      ...others,
      { id: 'helper', type: 'agent', config: agent, ...more },
      {
        id: 'end',
        type: 'end',
        config: {
          outputs: ['text', 'json', 'usage', 'files'].map((name) => ({
            variable: name,
            value_selector: ['helper', name],
          })),
        },
      },
    ],
    [...others.map(({ id }) => `start>${id} ${id}>helper`), 'start>helper helper>end'].join(' '),
  );
}

const says = (text: string): ChatPart[] => [{ type: 'text', text }, finished()];
const calls = (...names: (string | [string, string])[]): ChatPart[] => [
  ...names.map((one, index): ChatPart => {
    const [name, argumentsJson] = typeof one === 'string' ? [one, '{}'] : one;
    return { type: 'toolCall', index, id: `id-${name}-${index}`, name, argumentsJson };
  }),
  finished({ finishReason: 'tool_calls' }),
];

/** An agent with a model and tools that are played. */
class Play {
  readonly models;
  readonly tools;
  run: Driver;

  constructor(
    answers: readonly (readonly (ChatPart | FailureError)[])[],
    plan = agentPlan(),
    tools: readonly ToolDescription[] = [aTool('look'), aTool('write', { mutating: true })],
    answer: (question: ToolQuestion) => { text?: string; isError?: boolean } = ({ name }) => ({
      text: `${name.tool}!`,
    }),
  ) {
    this.models = fakeModels(...answers);
    this.tools = fakeTools(tools, answer);
    this.run = new Driver(plan, { question: 'Why?' });
  }

  get questions(): readonly ChatQuestion[] {
    return this.models.questions;
  }

  get called(): string[] {
    return this.tools.questions.map(({ name }) => name.tool);
  }

  readonly read = (key: string, selector: [string, string]) => readFrom(this.run.plan, this.run.state, key)(selector);

  /** Does one task. */
  async step(key: string): Promise<void> {
    const node = planNodeAt(this.run.plan, key)!;
    const { models, tools, run } = this;
    const attempt = nodeStateAt(run.state, key)?.attempt ?? 1;
    const context = { ...fakeContext({}, { models, tools }), attempt, read: readFrom(run.plan, run.state, key) };
    try {
      run.result(key, await findExecutor(node.type)!(JSON.parse(node.configJson), context));
    } catch (error) {
      run.result(key, { failure: toFailure(error) });
    }
  }

  /** Does all tasks until only people are waited for. Gives the keys in order. */
  async on(): Promise<string[]> {
    const done: string[] = [];
    for (;;) {
      const key = this.run
        .waitsFor()
        .find((one) => one.startsWith('run-task'))
        ?.slice(9);
      if (key === undefined) return done;
      done.push(key);
      await this.step(key);
    }
  }
}

describe('an agent', () => {
  it('calls tools until it answers, each step an event of its own', async () => {
    const play = new Play([calls(['look', '{"at":"sky"}']), calls('write'), says('Because.')]);
    expect(await play.on()).toEqual([
      'helper[0]/@think',
      'helper[0]/@calls[0]/@call',
      'helper[1]/@think',
      'helper[1]/@calls[0]/@call',
      'helper[2]/@think',
    ]);
    const step = (tool: string, given: JsonObject) => ({
      thought: '',
      calls: [{ toolset: 'desk', tool, arguments: given, text: `${tool}!`, is_error: false }],
    });
    expect(play.run.state).toMatchObject({
      status: 'completed',
      outputs: {
        text: 'Because.',
        json: [step('look', { at: 'sky' }), step('write', {})],
        usage: { prompt_tokens: 9, completion_tokens: 6, total_tokens: 15 },
        files: [],
      },
    });
    expect(play.tools.questions).toMatchObject([{ arguments: { at: 'sky' }, version: 1 }, { arguments: {} }]);
    expect(play.questions[2]?.messages).toEqual([
      { role: 'user', text: 'Why?' },
      { role: 'assistant', text: '', toolCalls: [{ id: 'id-look-0', name: 'look', argumentsJson: '{"at":"sky"}' }] },
      { role: 'tool', text: 'look!', toolCallId: 'id-look-0' },
      { role: 'assistant', text: '', toolCalls: [{ id: 'id-write-0', name: 'write', argumentsJson: '{}' }] },
      { role: 'tool', text: 'write!', toolCallId: 'id-write-0' },
    ]);
    expect(play.run.state.inputTokens).toBe(9);
  });

  it('makes calls at once that change nothing, and the others one after the other, in the order of the answer', async () => {
    const reading = new Play([calls('look', 'look'), says('Done.')]);
    await reading.step('helper[0]/@think');
    expect(reading.run.waitsFor()).toEqual([
      'run-task helper[0]/@calls[0]/@call',
      'run-task helper[0]/@calls[1]/@call',
    ]);
    await reading.step('helper[0]/@calls[1]/@call');
    await reading.on();
    expect(reading.questions[1]?.messages.slice(2)).toMatchObject([
      { toolCallId: 'id-look-0' },
      { toolCallId: 'id-look-1' },
    ]);
    const writing = new Play([calls('look', 'write'), says('Done.')]);
    await writing.step('helper[0]/@think');
    expect(writing.run.waitsFor()).toEqual(['run-task helper[0]/@calls[0]/@call']);
  });

  it('tells the model what cannot be called, and what a tool failed with', async () => {
    const broken = ({ name }: ToolQuestion) => {
      if (name.tool === 'look') throw FailureError.of('tool_arguments_invalid', 'Look where?');
      return { text: 'No paper.', isError: true };
    };
    const wrong = calls('nothing', ['look', 'sky'], ['look', '{"at":"sky",}'], 'write');
    const play = new Play([wrong, says('Sorry.')], agentPlan(), undefined, broken);
    await play.on();
    expect(play.questions[1]?.messages.slice(2).map(({ text }) => text)).toEqual([
      'There is no tool "nothing". The tools are: look, write.',
      'The arguments are no JSON object. Call again with one.',
      'The call failed: Look where?',
      'No paper.',
    ]);
    expect(play.called).toEqual(['look', 'write']);
    expect(play.run.state).toMatchObject({ status: 'completed', exceptions: 0, outputs: { text: 'Sorry.' } });
  });

  it('tries a call again as its retry policy says, then tells the model', async () => {
    const away = () => {
      throw FailureError.of('tool_unavailable', 'Away.');
    };
    const plan = agentPlan({}, { retry: { max_attempts: 2, backoff_seconds: 0 } });
    const play = new Play([calls('look'), says('Sorry.')], plan, undefined, away);
    await play.on();
    expect(play.run.waitsFor()).toEqual(['wake helper[0]/@calls[0]/@call']);
    play.run.timer(10);
    await play.on();
    expect(play.called).toEqual(['look', 'look']);
    expect(play.questions[1]?.messages.at(-1)).toMatchObject({ role: 'tool', text: 'The call failed: Away.' });
  });

  it('fails of trouble of the platform, and a run that resumes it repeats nothing that was done', async () => {
    const play = new Play([calls('look'), calls('write'), says('Because.')]);
    await play.step('helper[0]/@think');
    await play.step('helper[0]/@calls[0]/@call');
    await play.step('helper[1]/@think');
    play.run.result('helper[1]/@calls[0]/@call', { failure: failure('node_timeout', 'Late.', { retryable: false }) });
    expect(play.run.state).toMatchObject({ status: 'failed', failure: { code: 'node_timeout' } });
    play.run = play.run.continued();
    expect(await play.on()).toEqual(['helper[1]/@calls[0]/@call', 'helper[2]/@think']);
    expect(play.run.state).toMatchObject({ status: 'completed', outputs: { text: 'Because.' } });
  });

  it.each<[JsonObject, number]>([
    [{ max_iterations: 2 }, 2],
    [{ max_total_tokens: 6 }, 2],
    [{ max_total_tokens: 5 }, 1],
  ])('answers without tools at its limit %j', async (limit, rounds) => {
    const play = new Play([...Array.from({ length: rounds }, () => calls('look')), says('Enough.')], agentPlan(limit));
    await play.on();
    expect(play.run.state).toMatchObject({ status: 'completed', outputs: { text: 'Enough.' } });
    expect(play.questions.map(({ toolChoice }) => toolChoice)).toEqual([...Array(rounds).fill(undefined), 'none']);
  });

  it('fails at its limit where its author wants that', async () => {
    const play = new Play([calls('look')], agentPlan({ max_iterations: 1, at_limit: 'fail' }));
    await play.on();
    expect(play.run.state).toMatchObject({ status: 'failed', failure: { code: 'limit_exceeded' } });
  });

  it('turns calls away that do not fit beside the others', async () => {
    const tools = [{ toolset: 'desk', settings: { at: { type: 'constant', value: 'x'.repeat(150_000) } } }];
    const look = aTool('look', { parameters: { type: 'object', properties: { at: { type: 'string' } } } });
    const play = new Play([calls('look', 'look'), says('Well.')], agentPlan({ tools }), [look]);
    await play.on();
    expect(play.called).toEqual(['look']);
    expect(play.questions[1]?.messages.at(-1)?.text).toContain('too long together');
  });

  it('goes on from a transcript and answers that are in the file store', async () => {
    const play = new Play([calls('look'), says('Because.')]);
    const stored = { $large: { key: 'runs/run-1/abc', bytes: 300_000, items: 2 } };
    await play.step('helper[0]/@think');
    await play.step('helper[0]/@calls[0]/@call');
    const { read } = play;
    expect(Array.isArray(read('helper[1]/@think', ['helper', 'transcript']))).toBe(true);
    play.run.result('helper[1]/@think', {
      outputs: {
        text: '',
        thought: '',
        done: false,
        parallel: true,
        usage: {},
        calls: [],
      },
      handle: 'calls',
      assigns: [{ selector: ['helper', 'transcript'], value: stored }],
    });
    expect(play.run.waitsFor()).toEqual(['run-task helper[2]/@think']);
    expect(read('helper[2]/@think', ['helper', 'transcript'])).toEqual(stored);
  });

  it('shows the model names it may use, its own descriptions, and no argument that its author has fixed', async () => {
    const tools = [
      aTool('get pet', {
        parameters: {
          type: 'object',
          properties: { id: { type: 'integer' }, key: { type: 'string' } },
          required: ['id', 'key'],
        },
      }),
      aTool('x', { name: { toolset: 'other', tool: 'get_pet' } }),
    ];
    const fixed = { key: { type: 'mixed', value: 'for {{#start.question#}}' } };
    const config: JsonObject = {
      tools: [
        { toolset: 'desk', settings: fixed },
        { toolset: 'other', tool: 'get_pet', description: 'Mine.' },
      ],
    };
    const play = new Play([calls(['get_pet', '{"id":"7"}']), says('Rex.')], agentPlan(config), tools);
    await play.on();
    expect(play.questions[0]?.tools).toEqual([
      {
        name: 'get_pet',
        description: 'Does get pet.',
        parameters: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
      },
      { name: 'other_get_pet', description: 'Mine.', parameters: { type: 'object', properties: {} } },
    ]);
    expect(play.tools.questions).toMatchObject([
      { name: { toolset: 'desk', tool: 'get pet' }, arguments: { id: 7, key: 'for Why?' } },
    ]);
  });

  it('works in steps of words with models that call no functions', async () => {
    const first = 'Thought: I look.\nAction: look\nAction Input: {"at": "sky"}\nObservation: made up';
    const play = new Play([says(first), says('Thought: done\nFinal Answer: Blue.')], agentPlan({ strategy: 'react' }));
    await play.on();
    expect(play.run.state.outputs).toMatchObject({ text: 'Blue.', json: [{ thought: 'I look.' }] });
    const [asked, again] = play.questions;
    expect(asked?.messages[0]?.text).toContain('- look: Does look.');
    expect(asked).toMatchObject({ parameters: { stop: ['\nObservation:'] } });
    expect(asked?.tools).toBeUndefined();
    expect(again?.messages.slice(2)).toEqual([
      { role: 'assistant', text: 'Thought: I look.\nAction: look\nAction Input: {"at": "sky"}' },
      { role: 'user', text: 'Observation: look!' },
    ]);
  });

  it('is not led astray by nodes around it that have the names of its steps', async () => {
    const others = ['think', 'calls', 'ask', 'call', 'keep', 'gate'].map((id) => ({
      id,
      type: 'template',
      config: { template: id, variables: [] },
    }));
    const plan = agentPlan({ query: '{{#think.output#}} {{#call.output#}}' }, {}, others);
    const play = new Play([calls('look'), says('Fine.')], plan);
    await play.on();
    expect(play.run.state).toMatchObject({ status: 'completed', outputs: { text: 'Fine.' } });
    expect(play.questions[0]?.messages).toEqual([{ role: 'user', text: 'think call' }]);
  });
});

describe('an agent that asks first', () => {
  const guarded = [aTool('look'), aTool('write', { mutating: true, needsApproval: true })];
  const asked = 'ask helper[0]/@calls[0]/@ask';

  it('pauses with the tool and its arguments, and goes on when a person agrees', async () => {
    const play = new Play([calls(['write', '{"to":"Ann"}']), says('Sent.')], undefined, guarded);
    await play.on();
    expect(play.run.state.status).toBe('paused');
    expect(play.run.waitsFor()).toEqual([asked]);
    const { form } = nodeStateAt(play.run.state, 'helper[0]/@calls[0]/@ask')!;
    expect(form?.content).toContain('`write` of `desk`');
    expect(form?.content).toContain('"to": "Ann"');
    play.run.answer('helper[0]/@calls[0]/@ask', 'approve');
    await play.on();
    expect(play.tools.questions).toMatchObject([{ approved: true, arguments: { to: 'Ann' } }]);
    expect(play.run.state).toMatchObject({ status: 'completed', outputs: { text: 'Sent.' } });
  });

  it('tells the model why a person refused', async () => {
    const play = new Play([calls('write'), says('I will not.')], undefined, guarded);
    await play.on();
    play.run.answer('helper[0]/@calls[0]/@ask', 'reject', { reason: 'Ann is away.' });
    await play.on();
    expect(play.called).toEqual([]);
    expect(play.questions[1]?.messages.at(-1)).toMatchObject({ text: 'A person refused this call: Ann is away.' });
    expect(play.run.state).toMatchObject({ status: 'completed', outputs: { text: 'I will not.' } });
  });

  it('counts silence as a refusal', async () => {
    const play = new Play([calls('write'), says('Well.')], agentPlan({ approval_timeout_seconds: 60 }), guarded);
    await play.on();
    play.run.timer(100_000);
    await play.on();
    expect(play.questions[1]?.messages.at(-1)).toMatchObject({ text: 'Nobody agreed to this call in time.' });
  });

  it.each<[JsonObject, string, boolean]>([
    [{ approval: 'mutating' }, 'write', true],
    [{ approval: 'mutating' }, 'look', false],
    [{ approval: 'always' }, 'look', true],
    [{ tools: [{ toolset: 'desk' }, { toolset: 'desk', tool: 'look', ask_first: true }] }, 'look', true],
  ])('with %j, before it calls %s: %s', async (config: Json, tool, asks) => {
    const play = new Play([calls(tool), says('.')], agentPlan(config as JsonObject));
    await play.on();
    expect(play.run.waitsFor()).toEqual(asks ? [asked] : []);
  });
});
