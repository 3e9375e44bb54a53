import { ChatClient, CompletionClient, DifyClient } from 'dify-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appScopes,
  chatDocument,
  completionApp,
  type DifyStack,
  formDocument,
  startDifyStack,
  workflowDocument,
} from './dify/dify-stack.js';
import { readStream, textOf } from './dify/event-reader.js';

let stack: DifyStack;
let chat: { id: string; key: string };
let workflow: { id: string; key: string };
let completion: { id: string; key: string };
let form: { id: string; key: string };

beforeAll(async () => {
  stack = await startDifyStack();
  [chat, workflow, completion, form] = [
    await stack.app(chatDocument),
    await stack.app(workflowDocument),
    await stack.app(completionApp),
    await stack.app(formDocument),
  ];
});
afterAll(() => stack?.stop());

type Body = Record<string, unknown>;
const send = async <T = Body>(
  key: string,
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => {
  const reply = await stack.send(key, method, path, body, headers);
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: (text ? JSON.parse(text) : undefined) as T };
};
const say = async (query: string, more: object = {}) =>
  (
    await send<{ conversation_id: string; id: string }>(chat.key, 'POST', '/chat-messages', {
      inputs: {},
      user: 'ada',
      query,
      ...more,
    })
  ).body;
const run = (topic: string, more: object = {}, headers = {}) =>
  send<{ workflow_run_id: string; data: Body }>(
    workflow.key,
    'POST',
    '/workflows/run',
    { inputs: { topic }, user: 'ada', ...more },
    headers,
  );

/** Has these, and does not say so in its types. */
interface Undeclared {
  runWorkflow(inputs: object, user: string, stream: boolean): Promise<{ readonly data: AsyncIterable<Buffer> & Body }>;
}

async function whole(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.toString();
  return text;
}

describe('the client from npm, as it is published', () => {
  it('does all it can with a chat', async () => {
    const client = new ChatClient(chat.key, stack.baseUrl);
    expect((await client.getApplicationParameters('ada')).data).toMatchObject({ opening_statement: 'Hello!' });
    const { data: first } = await client.createChatMessage({ topic: '' }, 'hi', 'ada');
    expect(first).toMatchObject({ event: 'message', answer: 'Well: You said: hi!' });
    const { data: stream } = await client.createChatMessage({}, 'and?', 'ada', true, first.conversation_id);
    expect(textOf(readStream('chatflow', await whole(stream)))).toBe('Well: You said: and?!');

    const { data: listed } = await client.getConversations('ada', null, 1);
    expect(listed).toMatchObject({ limit: 1, data: [{ id: first.conversation_id, name: 'hi', status: 'normal' }] });
    const { data: said } = await client.getConversationMessages('ada', first.conversation_id);
    expect(said).toMatchObject({
      has_more: false,
      data: [
        { id: first.message_id, query: 'hi', answer: first.answer, inputs: { topic: '' }, feedback: null },
        { query: 'and?', parent_message_id: first.message_id, status: 'normal' },
      ],
    });
    const { data: older } = await client.getConversationMessages('ada', first.conversation_id, said.data[1].id, 1);
    expect(older).toMatchObject({ limit: 1, has_more: false, data: [{ query: 'hi' }] });

    expect((await client.messageFeedback(first.message_id, 'like' as never, 'ada')).data).toEqual({
      result: 'success',
    });
    const rated = await client.getConversationMessages('ada', first.conversation_id);
    expect(rated.data.data[0]).toMatchObject({ feedback: { rating: 'like' } });
    const renamed = await client.renameConversation(first.conversation_id, 'Looms', 'ada');
    expect(renamed.data).toMatchObject({ id: first.conversation_id, name: 'Looms' });
    expect((await client.deleteConversation(first.conversation_id, 'ada')).status).toBe(204);
    const gone = client.getConversationMessages('ada', first.conversation_id);
    await expect(gone).rejects.toMatchObject({ response: { status: 404, data: { code: 'not_found', status: 404 } } });
  });

  it('completes, runs workflows and uploads files', async () => {
    const writer = new CompletionClient(completion.key, stack.baseUrl);
    expect((await writer.createCompletionMessage({ topic: 'wool' }, 'ada')).data).toMatchObject({ mode: 'completion' });
    const { data: streamed } = await writer.createCompletionMessage({ topic: 'wool' }, 'ada', true);
    expect(textOf(readStream('prompt', await whole(streamed)))).toMatch(/^You said/);
    const runner = new CompletionClient(workflow.key, stack.baseUrl) as CompletionClient & Undeclared;
    const { data } = await runner.runWorkflow({ topic: 'looms' }, 'ada', false);
    expect(data).toMatchObject({ data: { status: 'succeeded', outputs: { text: 'You said: looms' } } });
    const { data: chunks } = await runner.runWorkflow({ topic: 'looms' }, 'ada', true);
    expect(textOf(readStream('workflow', await whole(chunks)))).toBe('You said: looms');

    const upload = new FormData();
    upload.append('file', new Blob(['plain words'], { type: 'text/plain' }), 'words.txt');
    upload.append('user', 'ada');
    const { status, data: file } = await new DifyClient(chat.key, stack.baseUrl).fileUpload(upload);
    expect([status, file]).toMatchObject([
      201,
      { name: 'words.txt', size: 11, extension: 'txt', mime_type: 'text/plain' },
    ]);
  });

  it('is told what is wrong in a way that it can show', async () => {
    const stranger = new ChatClient('app-nobody', stack.baseUrl).createChatMessage({}, 'hi', 'ada');
    await expect(stranger).rejects.toMatchObject({ response: { status: 401, data: { code: 'unauthorized' } } });
    const nameless = new ChatClient(chat.key, stack.baseUrl).createChatMessage({}, 'hi', '');
    await expect(nameless).rejects.toMatchObject({ response: { status: 400, data: { params: 'user' } } });
  });
});

describe('what belongs to an end user', () => {
  it('is there for nobody else, nor for another app', async () => {
    const { conversation_id: conversation, id } = await say('private');
    const began = (await run('private')).body.workflow_run_id;
    const asEve = (method: string, path: string, body?: object) =>
      send(
        chat.key,
        method,
        `${path}${body ? '' : `${path.includes('?') ? '&' : '?'}user=eve`}`,
        body && { user: 'eve', ...body },
      );
    const answers = [
      await asEve('GET', `/messages?conversation_id=${conversation}`),
      await asEve('POST', `/conversations/${conversation}/name`, { name: 'x' }),
      await asEve('DELETE', `/conversations/${conversation}`, {}),
      await asEve('GET', `/conversations/${conversation}/variables`),
      await asEve('GET', `/messages/${id}/suggested`),
      await asEve('POST', `/messages/${id}/feedbacks`, { rating: 'like' }),
      await asEve('POST', `/chat-messages/${id}/stop`, {}),
      await asEve('GET', `/workflow/${id}/events`),
      await send(workflow.key, 'POST', `/workflows/tasks/${began}/stop`, { user: 'eve' }),
      await send(chat.key, 'GET', `/workflows/run/${began}`),
      await send(workflow.key, 'GET', `/messages?conversation_id=${conversation}&user=ada`),
    ];
    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual(answers.map(() => [404, 'not_found']));
    expect((await asEve('GET', '/conversations')).body).toMatchObject({ data: [], has_more: false });
    const nobody = await send(chat.key, 'GET', `/messages?conversation_id=${conversation}`);
    expect([nobody.status, nobody.body]).toMatchObject([400, { code: 'invalid_param', params: 'user' }]);
  });

  it('are files, which nobody else sees or gives to an app', async () => {
    const upload = async (parts: Record<string, string | Blob>) => {
      const data = new FormData();
      for (const [name, part] of Object.entries(parts)) data.append(name, part);
      const headers = { authorization: `Bearer ${chat.key}` };
      const reply = await fetch(`${stack.baseUrl}/files/upload`, { method: 'POST', headers, body: data });
      return { status: reply.status, body: (await reply.json()) as Body };
    };
    const file = new File(['plain words'], 'words.txt');
    const { body } = await upload({ file, user: 'ada' });
    const mine = await stack.send(chat.key, 'GET', `/files/${String(body['id'])}/preview?user=ada&as_attachment=true`);
    expect([mine.status, await mine.text(), mine.headers.get('content-disposition')]).toEqual([
      200,
      'plain words',
      "attachment; filename*=UTF-8''words.txt",
    ]);
    const theirs = await send(chat.key, 'GET', `/files/${String(body['id'])}/preview?user=eve`);
    expect([theirs.status, theirs.body['code']]).toEqual([404, 'file_not_found']);
    const files = [{ type: 'document', transfer_method: 'local_file', upload_file_id: body['id'] }];
    expect(await say('with it', { files, user: 'eve' })).toMatchObject({ code: 'invalid_param', params: 'files' });
    const sent = await say('with it', { files });
    const { body: page } = await send(chat.key, 'GET', `/messages?conversation_id=${sent.conversation_id}&user=ada`);
    expect(page).toMatchObject({ data: [{ message_files: [{ upload_file_id: body['id'], filename: 'words.txt' }] }] });

    expect(await upload({ file })).toMatchObject({ status: 400, body: { code: 'invalid_param', params: 'user' } });
    expect(await upload({ user: 'ada' })).toMatchObject({ status: 400, body: { code: 'no_file_uploaded' } });
    expect(await upload({ file, other: file, user: 'ada' })).toMatchObject({ body: { code: 'too_many_files' } });
    const odd = new File(['plain words'], 'words.png');
    expect(await upload({ file: odd, user: 'ada' })).toMatchObject({
      status: 415,
      body: { code: 'unsupported_file_type' },
    });
  });

  it('is known by an id', async () => {
    await run('known');
    const { body: logs } = await send<{ data: { created_by_end_user: { id: string } }[] }>(
      workflow.key,
      'GET',
      '/workflows/logs',
    );
    const { id } = logs.data[0]!.created_by_end_user;
    expect((await send(workflow.key, 'GET', `/end-users/${id}`)).body).toMatchObject({ id, session_id: 'ada' });
    expect((await send(chat.key, 'GET', `/end-users/${id}`)).status).toBe(404);
  });
});

describe('a conversation', () => {
  it('remembers what it is told to', async () => {
    const { conversation_id: id } = await say('remember');
    const path = `/conversations/${id}/variables`;
    const { body } = await send<{ data: { id: string }[] }>(chat.key, 'GET', `${path}?user=ada`);
    expect(body).toMatchObject({ has_more: false, data: [{ name: 'mood', value_type: 'string', value: 'calm' }] });
    const variable = `${path}/${body.data[0]!.id}`;
    const put = await send(chat.key, 'PUT', variable, { user: 'ada', value: 'happy' });
    expect(put.body).toMatchObject({ name: 'mood', value: 'happy' });
    expect((await send(chat.key, 'PATCH', variable, { user: 'ada', value: 'sad' })).status).toBe(200);
    expect((await send(chat.key, 'GET', `${path}?user=ada&variable_name=mood`)).body).toMatchObject({
      data: [{ value: 'sad' }],
    });
    const wrong = await send(chat.key, 'PUT', variable, { user: 'ada', value: 5 });
    expect([wrong.status, wrong.body]).toMatchObject([400, { code: 'invalid_param', params: 'value' }]);
  });

  it('is named by its model, which also says what could be asked next', async () => {
    const { conversation_id: id, id: message } = await say('name me');
    const named = await send(chat.key, 'POST', `/conversations/${id}/name`, { user: 'ada', auto_generate: true });
    expect(named.body).toMatchObject({ name: 'You said: name me' });
    const suggested = await send(chat.key, 'GET', `/messages/${message}/suggested?user=ada`);
    expect(suggested.body).toEqual({ result: 'success', data: [] });
    const refused = await send(
      workflow.key,
      'GET',
      `/messages/${(await run('x')).body.workflow_run_id}/suggested?user=ada`,
    );
    expect([refused.status, refused.body['code']]).toEqual([400, 'bad_request']);
  });

  it('is paged, in either order', async () => {
    const user = 'pager';
    const ids: string[] = [];
    for (const query of ['one', 'two', 'three']) ids.push((await say(query, { user })).conversation_id);
    const page = async (query: string) =>
      (
        await send<{ has_more: boolean; data: { id: string }[] }>(
          chat.key,
          'GET',
          `/conversations?user=${user}&${query}`,
        )
      ).body;
    const first = await page('limit=2');
    expect([first.has_more, first.data.map(({ id }) => id)]).toEqual([true, [ids[2], ids[1]]]);
    const second = await page(`limit=2&last_id=${ids[1]}`);
    expect([second.has_more, second.data.map(({ id }) => id)]).toEqual([false, [ids[0]]]);
    expect((await page('sort_by=created_at')).data.map(({ id }) => id)).toEqual(ids);
  });
});

describe('runs', () => {
  it('are looked at, listed and found again', async () => {
    const { workflow_run_id: id } = (await run('seen', { user: 'lister' })).body;
    expect((await send(workflow.key, 'GET', `/workflows/run/${id}`)).body).toMatchObject({
      id,
      status: 'succeeded',
      inputs: { topic: 'seen' },
      outputs: { text: 'You said: seen' },
      total_steps: 3,
      finished_at: expect.any(Number),
    });
    const failed = (await run('break', { user: 'lister' })).body.workflow_run_id;
    const logs = async (query: string) =>
      (await send<{ total: number; data: { id: string }[] }>(workflow.key, 'GET', `/workflows/logs?${query}`)).body;
    const all = await logs('created_by_end_user_session_id=lister&limit=1');
    expect(all).toMatchObject({ page: 1, limit: 1, total: 2, has_more: true, data: [{ id: failed }] });
    expect(await logs('keyword=liste&status=succeeded')).toMatchObject({
      total: 1,
      data: [{ id, workflow_run: { status: 'succeeded', version: '1', total_steps: 3 }, created_by_role: 'end_user' }],
    });
    expect(await logs('keyword=liste&page=2&limit=1')).toMatchObject({ has_more: false, data: [{ id }] });
    expect(await logs('created_at__before=2020-01-01T00:00:00Z')).toMatchObject({ total: 0, data: [] });
    const events = await stack.send(workflow.key, 'GET', `/workflow/${id}/events?user=lister`);
    expect(readStream('workflow', await events.text()).map(({ event }) => event)).toEqual(['workflow_finished']);
  });

  it('rest for a person, and go on', async () => {
    const reply = await stack.send(form.key, 'POST', '/workflows/run', {
      inputs: {},
      user: 'ada',
      response_mode: 'streaming',
    });
    const events = readStream('workflow', await reply.text());
    expect(events.map(({ event }) => event).slice(-2)).toEqual(['human_input_required', 'workflow_paused']);
    const { form_token: token } = events.at(-2)!.data;
    const runId = events[0]!.task_id;
    expect((await send(form.key, 'GET', `/form/human_input/${String(token)}`)).body).toMatchObject({
      form_content: expect.stringContaining('Well?'),
      inputs: [{ output_variable_name: 'why' }],
      resolved_default_values: { why: 'because' },
    });
    expect((await send(workflow.key, 'GET', `/form/human_input/${String(token)}`)).status).toBe(404);
    const later = await stack.send(form.key, 'GET', `/workflow/${runId}/events?user=ada&continue_on_pause=true`);
    const answer = { inputs: { why: 'so' }, action: 'yes', user: 'ada' };
    expect(await send(form.key, 'POST', `/form/human_input/${String(token)}`, answer)).toMatchObject({
      status: 200,
      body: {},
    });
    const rest = readStream('workflow', await later.text());
    expect(rest.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['workflow_paused', 'human_input_form_filled', 'workflow_finished']),
    );
    expect(rest.at(-1)?.data).toMatchObject({ status: 'succeeded', outputs: { why: 'so' } });
    const again = await send(form.key, 'POST', `/form/human_input/${String(token)}`, answer);
    expect([again.status, again.body['code']]).toEqual([412, 'human_input_form_submitted']);

    const waited = await send<{ data: Body }>(form.key, 'POST', '/workflows/run', { inputs: {}, user: 'eve' });
    expect(waited.body.data).toMatchObject({
      status: 'paused',
      paused_nodes: ['ask'],
      reasons: [{ TYPE: 'human_input_required' }],
    });
    const stop = await send(form.key, 'POST', `/workflows/tasks/${String(waited.body.data['id'])}/stop`, {
      user: 'eve',
    });
    expect(stop.body).toEqual({ result: 'success' });
    const stopped = await send(form.key, 'GET', `/workflows/run/${String(waited.body.data['id'])}`);
    expect(stopped.body).toMatchObject({ status: 'stopped' });
  });

  it('are rated, and the ratings are listed', async () => {
    const { workflow_run_id: id } = (await run('rated')).body;
    const rate = (rating: string | null, content = '') =>
      send(workflow.key, 'POST', `/messages/${id}/feedbacks`, { rating, content, user: 'ada' });
    await rate('dislike', 'too short');
    const listed = async () => (await send<{ data: Body[] }>(workflow.key, 'GET', '/app/feedbacks')).body.data;
    expect(await listed()).toMatchObject([
      { message_id: id, rating: 'dislike', content: 'too short', from_source: 'user' },
    ]);
    await rate(null);
    expect(await listed()).toEqual([]);
  });
});

describe('a repeated request', () => {
  it('is the run that is under way, and a new one once its answer was delivered', async () => {
    const ask = () =>
      send<{ data: { id: string } }>(form.key, 'POST', '/workflows/run', { inputs: {}, user: 'repeater' });
    const aborted = new AbortController();
    // The model repeats them one by one, so that its answer is under way for long enough to be lost.
    const slow = { inputs: { topic: 'slow words '.repeat(25) }, user: 'repeater', response_mode: 'blocking' };
    const before = stack.models.calls;
    const lost = fetch(`${stack.baseUrl}/workflows/run`, {
      method: 'POST',
      headers: { authorization: `Bearer ${workflow.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(slow),
      signal: aborted.signal,
    }).catch(() => undefined);
    await expect.poll(() => stack.models.calls, { interval: 5 }).toBe(before + 1);
    aborted.abort();
    await lost;
    const repeated = await send<{ data: { id: string } }>(workflow.key, 'POST', '/workflows/run', slow);
    expect([repeated.status, stack.models.calls]).toEqual([200, before + 1]);
    const anew = await send<{ data: { id: string } }>(workflow.key, 'POST', '/workflows/run', slow);
    expect(anew.body.data.id).not.toBe(repeated.body.data.id);

    // Rests, and so is under way: but its answer has arrived.
    expect((await ask()).body.data.id).not.toBe((await ask()).body.data.id);
  });

  it('is the same run by its Idempotency-Key, whatever was delivered', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [first, second] = [await run('keyed', {}, headers), await run('keyed', {}, headers)];
    expect(second.body.workflow_run_id).toBe(first.body.workflow_run_id);
    expect((await run('keyed', { user: 'eve' }, headers)).body.workflow_run_id).not.toBe(first.body.workflow_run_id);
    const other = await run('other', {}, headers);
    expect([other.status, (other.body as unknown as Body)['code']]).toEqual([409, 'idempotency_key_reused']);
  });
});

describe('the rest', () => {
  it('is answered too', async () => {
    expect((await send('', 'GET', '')).body).toMatchObject({ api_version: 'v1' });
    expect((await send('', 'GET', '/')).body).toMatchObject({ api_version: 'v1' });
    const docs = (await (await fetch(stack.baseUrl.replace(/v1$/, 'api/docs-json'))).json()) as { paths: object };
    expect(Object.keys(docs.paths)).toEqual(
      expect.arrayContaining([
        '/v1/chat-messages',
        '/v1/workflows/logs',
        '/v1/conversations/{id}/variables/{variable}',
      ]),
    );
    const { key } = await stack.native<{ key: string }>('POST', 'keys', { name: 'm', scopes: ['models:read'] });
    const models = await send<{ data: Body[] }>(key, 'GET', '/workspaces/current/models/model-types/llm');
    expect(models.body.data).toContainEqual(expect.objectContaining({ provider: 'openai', status: 'active' }));
    for (const [method, path] of [
      ['POST', '/audio-to-text'],
      ['POST', '/text-to-audio'],
      ['GET', '/apps/annotations'],
    ] as const)
      expect((await send(chat.key, method, path, method === 'POST' ? { user: 'ada' } : undefined)).status).toBe(400);
    const few = await stack.native<{ key: string }>('POST', 'keys', {
      name: 'few',
      scopes: appScopes.slice(1),
      workflow_id: chat.id,
    });
    const refused = await send(few.key, 'POST', '/chat-messages', { inputs: {}, user: 'ada', query: 'x' });
    expect([refused.status, refused.body['code']]).toEqual([403, 'forbidden']);
  });
});
