import { readFileSync } from 'node:fs';
import {
  advance,
  newlyOutstanding,
  newRun,
  nodeStateAt,
  outstanding,
  planNodeAt,
  type RunState,
  readFrom,
} from '@treadle/engine';
import { toFailure } from '@treadle/failure';
import { type Capabilities, catalog, checkInputs, findExecutor, type StartConfig } from '@treadle/nodes';
import { fakeCode, fakeContext, fakeFiles, fakeHttp, fakeModels, finished } from '@treadle/testing/fake-capabilities';
import { compile, type JsonObject, type Plan } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { importDify } from './import-dify.js';

const readFixture = (name: string) => readFileSync(new URL(`./__fixtures__/${name}.yml`, import.meta.url), 'utf8');

/** Imports, compiles and runs a fixture to its end, the tasks one after the other. */
async function run(
  name: string,
  inputs: JsonObject,
  sys: JsonObject,
  capabilities: Partial<Capabilities>,
): Promise<RunState> {
  const { document } = importDify(readFixture(name));
  const { plan, diagnostics } = compile(document, catalog, { tolerant: true });
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics));
  const checked = checkInputs(plan.nodes.get(plan.entry)?.config as StartConfig, inputs);
  if (checked.inputs === undefined) throw new Error(JSON.stringify(checked.problems));
  const { environment, conversation } = plan;
  const start = { type: 'start', at: 0, inputs: checked.inputs, sys, environment, conversation } as const;
  let before = newRun;
  let { state } = advance(plan, catalog, before, start);
  for (
    let [command] = newlyOutstanding(before, state);
    command !== undefined && command.type !== 'ask';
    [command] = newlyOutstanding(before, state)
  ) {
    before = state;
    const { key, attempt } = command;
    const input =
      command.type === 'wake'
        ? ({ type: 'timer', at: command.dueAt } as const)
        : ({ type: 'result', at: 0, key, attempt, outcome: await execute(plan, state, key, capabilities) } as const);
    state = advance(plan, catalog, before, input).state;
  }
  return state;
}

async function execute(plan: Plan, state: RunState, key: string, capabilities: Partial<Capabilities>) {
  const node = planNodeAt(plan, key)!;
  const context = { ...fakeContext({}, capabilities), read: readFrom(plan, state, key) };
  try {
    return await findExecutor(node.type)!(JSON.parse(node.configJson), context);
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

const says = (text: string) => fakeModels([{ type: 'text', text }, finished()]);

describe('an imported app', () => {
  it('gives its inputs back', async () => {
    const state = await run('start-end', { name: 'Ada', words: '7' }, {}, {});
    expect(state).toMatchObject({ status: 'completed', outputs: { name: 'Ada', tone: 'warm', words: 7 } });
  });

  it.each([
    ['one and two', 'Long: ONE AND TWO'],
    ['short', 'Short'],
    ['other', 'other'],
  ])('takes the way of "%s"', async (text, output) => {
    expect(await run('if-else-template-aggregator', { text }, {}, {})).toMatchObject({
      status: 'completed',
      outputs: { output },
    });
  });

  it('finds an optional input that was left out empty', async () => {
    const state = await run('old-spellings', {}, { user_id: 'u' }, {});
    expect(state).toMatchObject({ status: 'completed', outputs: { output: '', user: 'u' } });
    expect(nodeStateAt(state, '2')?.handle).toBe('true');
  });

  it('answers a turn of a chat', async () => {
    const models = says('Hello.');
    const state = await run('llm-answer', {}, { query: 'Who are you?' }, { models });
    expect(state).toMatchObject({ status: 'completed', outputs: { answer: 'Hello.' } });
    expect(models.questions[0]?.messages).toEqual([
      { role: 'system', text: 'Be kind.' },
      { role: 'user', text: 'Who are you?' },
    ]);
  });

  it('answers as a chat app and as a completion app', async () => {
    const guide = says('Left.');
    const chat = await run('chat', { town: 'Ulm' }, { query: 'Where is the minster?' }, { models: guide });
    expect(chat.outputs).toEqual({ answer: 'Left.' });
    expect(guide.questions[0]?.messages[0]?.text).toBe('You guide people through Ulm. Leave {{unknown}} alone.');
    const completion = await run('completion', { query: 'a story' }, {}, { models: says('Short.') });
    expect(completion.outputs).toEqual({ answer: 'Short.' });
  });

  it('goes through its containers and asks its people', async () => {
    const state = await run('containers', {}, { query: 'b,a' }, {});
    expect(state).toMatchObject({ status: 'paused', scopes: { conversation: { last: 'a!' } } });
    expect(outstanding(state)).toMatchObject([
      {
        type: 'ask',
        key: 'ask',
        dueAt: 36 * 3_600_000,
        form: { content: 'Send 5? {{#$output.note#}}', fields: [{ name: 'note', default: 'none' }] },
      },
    ]);
    const answer = { type: 'answer', at: 1, key: 'ask', action: 'yes', values: { note: 'now' }, by: 'Ada' } as const;
    const { plan } = compile(importDify(readFixture('containers')).document, catalog, { tolerant: true });
    const done = advance(plan!, catalog, state, answer).state;
    expect(done).toMatchObject({ status: 'completed', outputs: { answer: 'now: Send 5? now' } });
  });

  it('runs its code, and counts on each line', async () => {
    const code = fakeCode(({ language, inputs }): JsonObject => {
      if (language === 'javascript') return { lines: (inputs.text as string).split('\n') };
      return { result: (inputs.line as string).split(' ').length };
    });
    const state = await run('code', { text: 'one two\nthree' }, {}, { code });
    expect(state).toMatchObject({ status: 'completed', outputs: { counts: [2, 1] } });
    expect(code.questions.map(({ language }) => language)).toEqual(['javascript', 'python3', 'python3']);
  });

  it('reads its documents', async () => {
    const file = (name: string) => ({
      ...{ type: 'document', name, size: 1, mime_type: '', extension: '.txt' },
      ...{ transfer_method: 'local_file', url: '', related_id: name },
    });
    const files = fakeFiles({ 'a.txt': Buffer.from('Dear Ada'), 'b.txt': Buffer.from('A loom') });
    const state = await run(
      'document-extractor',
      { letter: file('a.txt'), enclosures: [file('b.txt')] },
      {},
      { files },
    );
    expect(state).toMatchObject({ status: 'completed', outputs: { letter: 'Dear Ada', enclosures: ['A loom'] } });
  });

  it('takes the branch for failures after the last attempt', async () => {
    const done = await run('http-request', { text: 'x "y"' }, {}, { http: fakeHttp({ body: 'kept' }) });
    expect(done).toMatchObject({ status: 'completed', outputs: { body: 'kept' } });
    const away = fakeHttp({ status: 503 });
    const failed = await run('http-request', { text: 'x' }, {}, { http: away });
    expect(failed).toMatchObject({ status: 'completed', outputs: { error: 'The server answered with status 503.' } });
    expect(away.questions).toHaveLength(3);
  });

  it.each([
    ['{"class_id": "1715846546749"}', '', 'Refund: Wants money back'],
    ['1715846565625', '{"class_id": "praise"}', 'Thank you'],
    ['Anything else', 'Everything else', 'Kept'],
  ])('sorts by what the models say, %j and %j', async (first, second, done) => {
    const models = fakeModels(...[first, second].map((text) => [{ type: 'text', text } as const, finished()]));
    const state = await run('question-classifier', { letter: 'My loom!' }, {}, { models });
    expect(state).toMatchObject({ status: 'completed', outputs: { done } });
    expect(models.questions).toHaveLength(second === '' ? 1 : 2);
  });

  it('reads parameters by a call and by a prompt, or says why not', async () => {
    const called = (argumentsJson: string) => [
      { type: 'toolCall', index: 0, id: 'c', name: 'extract_parameters', argumentsJson } as const,
      finished(),
    ];
    const guests = [{ type: 'text', text: '```\n{"guests": [{"name": "Ada"}]}\n```' } as const, finished()];
    const models = fakeModels(called('{"town": "Ulm", "breakfast": "yes", "view": "Sea"}'), guests);
    const booked = await run('parameter-extractor', {}, { query: 'Ulm, please.' }, { models });
    expect(booked.outputs).toEqual({ answer: 'Ulm, sea, breakfast: true, for [{"name":"Ada"}]' });
    expect(models.questions[1]?.messages[0]?.text).toContain('Those who go to Ulm.');
    const refused = await run('parameter-extractor', {}, { query: 'Hm.' }, { models: fakeModels(called('{}')) });
    expect(refused.outputs).toEqual({
      answer: 'The parameter "town" is required, and the model found no value for it.',
    });
  });

  it('takes an answer apart by its schema, and fails where it does not keep to it', async () => {
    const models = says('<think>Only yarn.</think>{"total": 4.5, "items": [{"name": "yarn"}]}');
    const state = await run('structured-output', { rules: 'In euros.' }, { files: [] }, { models });
    expect(state).toMatchObject({ status: 'completed', outputs: { total: 4.5, why: 'Only yarn.' } });
    expect(models.questions[0]).toMatchObject({
      messages: [{ text: 'Rules: In euros.' }, { text: 'What does it cost?' }],
      responseFormat: { type: 'json_schema', strict: true },
    });
    const wrong = await run('structured-output', {}, { files: [] }, { models: says('{"total": 4.5}') });
    expect(wrong).toMatchObject({ status: 'failed', failure: { code: 'model_answer_unusable' } });
  });
});
