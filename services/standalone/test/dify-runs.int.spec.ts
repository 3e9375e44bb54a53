import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  chatDocument,
  completionApp,
  type DifyStack,
  iterationDocument,
  promptChatApp,
  startDifyStack,
  workflowDocument,
} from './dify/dify-stack.js';
import { readStream, type StreamKind, textOf } from './dify/event-reader.js';

let stack: DifyStack;
let chat: { id: string; key: string };
let workflow: { id: string; key: string };
let completion: { id: string; key: string };
let prompted: { id: string; key: string };

beforeAll(async () => {
  stack = await startDifyStack();
  [chat, workflow, completion, prompted] = [
    await stack.app(chatDocument),
    await stack.app(workflowDocument),
    await stack.app(completionApp),
    await stack.app(promptChatApp),
  ];
});
afterAll(() => stack?.stop());

const json = async <T = Record<string, unknown>>(reply: Response) => (await reply.json()) as T;
const ask = (key: string, path: string, body: object) =>
  stack.send(key, 'POST', path, { user: 'ada', inputs: {}, ...body });

async function stream(kind: StreamKind, key: string, path: string, body: object) {
  const reply = await ask(key, path, { ...body, response_mode: 'streaming' });
  expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  return readStream(kind, await reply.text());
}
const names = (events: readonly { event: string }[]) =>
  events.map(({ event }) => event).filter((name, index, all) => name !== all[index - 1]);

describe('an answer that is waited for', () => {
  it('is a message of a chat, with its conversation', async () => {
    const reply = await ask(chat.key, '/chat-messages', { query: 'hi' });
    const body = await json<{ conversation_id: string; task_id: string; message_id: string }>(reply);
    expect([reply.status, body]).toMatchObject([
      200,
      { event: 'message', mode: 'advanced-chat', answer: 'Well: You said: hi!', created_at: expect.any(Number) },
    ]);
    expect(body).toMatchObject({
      id: body.message_id,
      metadata: { usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 }, retriever_resources: [] },
    });
    const next = await json(
      await ask(chat.key, '/chat-messages', { query: 'on', conversation_id: body.conversation_id }),
    );
    expect(next).toMatchObject({ conversation_id: body.conversation_id, answer: 'Well: You said: on!' });
  });

  it('is the run of a workflow, failed ones too', async () => {
    const run = await json(await ask(workflow.key, '/workflows/run', { inputs: { topic: 'looms' } }));
    expect(run).toMatchObject({
      workflow_run_id: run['task_id'],
      data: {
        id: run['task_id'],
        status: 'succeeded',
        outputs: { text: 'You said: looms' },
        error: null,
        total_steps: 3,
      },
    });
    const failed = await ask(workflow.key, '/workflows/run', { inputs: { topic: 'break' } });
    expect([failed.status, await json(failed)]).toMatchObject([
      200,
      { data: { status: 'failed', outputs: null, error: expect.stringContaining('refuses') } },
    ]);
  });

  it('is the text of a completion', async () => {
    const body = await json(await ask(completion.key, '/completion-messages', { inputs: { topic: 'wool' } }));
    expect(body).toMatchObject({ event: 'message', mode: 'completion', answer: expect.stringMatching(/^You said/) });
    expect(body).not.toHaveProperty('conversation_id');
  });

  it('is an error where a chat fails', async () => {
    const reply = await ask(chat.key, '/chat-messages', { query: 'break' });
    expect([reply.status, await json(reply)]).toMatchObject([400, { code: 'completion_request_error', status: 400 }]);
  });
});

describe('an answer that is streamed', () => {
  it('tells of a chat with a graph: its nodes, its text, message_end and then workflow_finished', async () => {
    const events = await stream('chatflow', chat.key, '/chat-messages', { query: 'hi there' });
    expect(textOf(events)).toBe('Well: You said: hi there!');
    expect(names(events).slice(0, 3)).toEqual(['workflow_started', 'message', 'node_started']);
    expect(names(events).slice(-3)).toEqual(['node_finished', 'message_end', 'workflow_finished']);
    expect(events.filter(({ event }) => event === 'node_finished').map(({ data }) => data['node_id'])).toEqual([
      'start',
      'llm',
      'answer',
    ]);
  });

  it('tells of a chat that fails with an error at its end', async () => {
    const events = await stream('chatflow', chat.key, '/chat-messages', { query: 'break' });
    expect(names(events).slice(-3)).toEqual(['node_finished', 'workflow_finished', 'error']);
    expect(events.at(-1)).toMatchObject({ code: 'completion_request_error', status: 400 });
  });

  it('tells of a workflow, whose text comes in chunks', async () => {
    const events = await stream('workflow', workflow.key, '/workflows/run', { inputs: { topic: 'looms' } });
    expect(textOf(events)).toBe('You said: looms');
    expect(events.at(-1)?.data).toMatchObject({
      status: 'succeeded',
      outputs: { text: 'You said: looms' },
      total_steps: 3,
    });
  });

  it('tells of a workflow that fails', async () => {
    const events = await stream('workflow', workflow.key, '/workflows/run', { inputs: { topic: 'break' } });
    expect(names(events).slice(-2)).toEqual(['node_finished', 'workflow_finished']);
    expect(events.at(-1)?.data).toMatchObject({ status: 'failed', error: expect.stringContaining('refuses') });
  });

  it('tells of the rounds of an iteration, and of the nodes inside', async () => {
    const { key } = await stack.app(iterationDocument);
    const events = await stream('workflow', key, '/workflows/run', { inputs: { topic: 'abc' } });
    const named = events.filter(({ event }) => event.startsWith('iteration')).map(({ event }) => event);
    expect(named).toEqual(['iteration_started', ...Array(3).fill('iteration_next'), 'iteration_completed']);
    const inside = events.filter(({ event, data }) => event === 'node_finished' && data['iteration_id'] === 'each');
    expect(inside.map(({ data }) => data['node_type'])).toEqual(Array(3).fill('template-transform'));
    expect(events.at(-1)?.data).toMatchObject({ outputs: { all: ['<a>', '<b>', '<c>'] } });
  });

  it('tells of prompts only what they say', async () => {
    const chatted = await stream('prompt', prompted.key, '/chat-messages', { query: 'hi' });
    expect([names(chatted), textOf(chatted)]).toEqual([['message', 'message_end'], 'You said: hi']);
    const written = await stream('prompt', completion.key, '/completion-messages', { inputs: { topic: 'wool' } });
    expect(names(written)).toEqual(['message', 'message_end']);
    expect(names(await stream('prompt', prompted.key, '/chat-messages', { query: 'break' }))).toEqual(['error']);
  });
});

describe('what is refused', () => {
  const badly = async (key: string, path: string, body: object, headers = {}) => {
    const reply = await stack.send(key, 'POST', path, body, headers);
    return { ...(await json(reply)), http: reply.status };
  };

  it.each([
    ['no user', { inputs: {}, query: 'hi' }, 'Arg user must be provided.', 'user'],
    ['an empty user', { inputs: {}, query: 'hi', user: '' }, 'Arg user must be provided.', 'user'],
    ['no query', { inputs: {}, user: 'ada' }, 'Arg query must be provided.', 'query'],
    ['inputs that are no object', { inputs: 'x', query: 'hi', user: 'ada' }, expect.any(String), 'inputs'],
    ['another mode', { inputs: {}, query: 'hi', user: 'ada', response_mode: 'x' }, expect.any(String), 'response_mode'],
  ])('is a message with %s', async (_, body, message, params) => {
    const answer = { code: 'invalid_param', status: 400, message, params, http: 400 };
    expect(await badly(chat.key, '/chat-messages', body)).toEqual(answer);
  });

  it('is the wrong route for an app, with the right one', async () => {
    const body = { inputs: { topic: 'x' }, user: 'ada', query: 'x' };
    expect(await badly(workflow.key, '/chat-messages', body)).toMatchObject({ code: 'not_chat_app', http: 400 });
    expect(await badly(chat.key, '/completion-messages', body)).toMatchObject({
      code: 'not_completion_app',
      http: 400,
    });
    const wrong = await badly(completion.key, '/workflows/run', body);
    expect(wrong).toMatchObject({ code: 'not_workflow_app', message: expect.stringContaining('/completion-messages') });
  });

  it('is a key that is unknown, or for no app', async () => {
    const reply = await stack.send('app-unknown', 'GET', '/parameters?user=ada');
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')]);
    expect(await json(reply)).toMatchObject({ code: 'unauthorized', status: 401 });
    const unbound = await badly('tk_for_specs', '/chat-messages', { inputs: {}, user: 'ada', query: 'x' });
    expect(unbound).toMatchObject({ code: 'app_unavailable', message: expect.stringContaining('treadle keys create') });
  });

  it('is what the app does not take, and what is not there', async () => {
    expect(await badly(workflow.key, '/workflows/run', { inputs: {}, user: 'ada' })).toMatchObject({
      code: 'invalid_param',
      params: 'inputs.topic',
    });
    const foreign = { inputs: {}, user: 'ada', query: 'x', conversation_id: crypto.randomUUID() };
    expect(await badly(chat.key, '/chat-messages', foreign)).toMatchObject({ code: 'not_found', http: 404 });
    expect(await badly(chat.key, '/nothing', {})).toMatchObject({ code: 'not_found', http: 404 });
  });

  it('is the conversation of somebody else', async () => {
    const { conversation_id } = await json(await ask(chat.key, '/chat-messages', { query: 'mine' }));
    const body = { inputs: {}, user: 'eve', query: 'theirs', conversation_id };
    expect(await badly(chat.key, '/chat-messages', body)).toMatchObject({ code: 'not_found', http: 404 });
  });
});

describe('an app', () => {
  it('tells what it is, asks and offers', async () => {
    const get = async (path: string) => json(await stack.send(chat.key, 'GET', path));
    expect(await get('/info')).toMatchObject({
      name: 'Talker',
      description: 'It talks.',
      mode: 'advanced-chat',
      tags: [],
    });
    expect(await get('/parameters?user=ada')).toMatchObject({
      opening_statement: 'Hello!',
      suggested_questions: ['Who are you?'],
      suggested_questions_after_answer: { enabled: true },
      user_input_form: [{ 'text-input': { label: 'Topic', variable: 'topic', required: false, default: '' } }],
      file_upload: { image: { enabled: false } },
      system_parameters: { file_size_limit: 50 },
    });
    expect(await get('/meta')).toEqual({ tool_icons: {} });
    expect(await get('/site')).toMatchObject({ title: 'Talker', icon_type: 'emoji' });
  });

  it('runs the version that is pinned, by the id that its answers have', async () => {
    const app = await stack.app(workflowDocument);
    const run = async (path: string) => {
      const reply = await ask(app.key, path, { inputs: { topic: 'x' } });
      return { status: reply.status, body: await json<{ data: { workflow_id: string; outputs: object } }>(reply) };
    };
    const first = (await run('/workflows/run')).body.data;
    const end = { id: 'end', type: 'end', config: { outputs: [{ variable: 'new', value_selector: ['llm', 'text'] }] } };
    await stack.native('PUT', `workflows/${app.id}`, {
      ...workflowDocument,
      nodes: [...workflowDocument.nodes.slice(0, 2), end],
    });
    expect((await run('/workflows/run')).body.data.outputs).toHaveProperty('new');
    expect((await run(`/workflows/${first.workflow_id}/run`)).body.data).toMatchObject({
      workflow_id: first.workflow_id,
      outputs: first.outputs,
    });
    expect(await run(`/workflows/${crypto.randomUUID()}/run`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });
});

describe('an answer that is stopped', () => {
  it('ends, and nobody waits for the model any more', async () => {
    const { abandoned } = stack.models;
    const reply = await ask(chat.key, '/chat-messages', { query: 'hang', response_mode: 'streaming' });
    let told = '';
    let stopped: Response | undefined;
    for await (const text of reply.body!.pipeThrough(new TextDecoderStream())) {
      told += text;
      const [, taskId] = /"task_id":"([^"]+)"/.exec(told) ?? [];
      if (told.includes('And')) stopped ??= await ask(chat.key, `/chat-messages/${taskId}/stop`, {});
    }
    expect(told).toContain('And');
    expect([stopped?.status, await stopped?.json()]).toEqual([200, { result: 'success' }]);
    await vi.waitFor(() => expect(stack.models.abandoned).toBe(abandoned + 1), { timeout: 20_000 });
  });
});
