import { describe, expect, it } from 'vitest';
import { type Answer, refuse, sendEvents } from './api-server.js';
import { treadle } from './treadle-command.js';

const workflow = { id: 'wf-00000001', name: 'greet', latest_version: 1, published_version: null, updated_at: 'today' };
const run = { id: 'r1', workflow_id: workflow.id, version: 1, status: 'running', created_at: 'today' };
const failure = { code: 'provider_error', message: 'The provider is away.' };
const at = (second: number) => new Date(second * 1000).toISOString();

const events = [
  { event: 'run-started', id: '1.0', data: { sequence: 1 } },
  { event: 'node-scheduled', id: '2.0', data: { key: 'llm', title: 'Ask', attempt: 1, at: at(0) } },
  { event: 'text-delta', id: '2.5', data: { offset: 0, text: 'Hello' } },
  { event: 'text-delta', id: '2.11', data: { offset: 5, text: ' world' } },
  { event: 'node-completed', id: '3.11', data: { key: 'llm', title: 'Ask', at: at(1.26) } },
  { event: 'run-completed', id: '4.11', data: { outputs: { answer: 'Hello world' } } },
];

function server(ended: object): Record<string, Answer> {
  return {
    'GET /api/v1/workflows': ({ url }) =>
      url.searchParams.has('cursor')
        ? { items: [workflow], next_cursor: null }
        : { items: [{ ...workflow, id: 'wf-00000002', name: 'other' }], next_cursor: 'c' },
    [`POST /api/v1/workflows/${workflow.id}/runs`]: () => run,
    'GET /api/v1/runs/r1/events': (_asked, response) => sendEvents(response, events),
    'GET /api/v1/runs/r1': () => ({ ...run, ...ended }),
  };
}
const completed = server({ status: 'completed', outputs: { answer: 'Hello world' } });

describe('treadle run', () => {
  it('finds the workflow by name, shows the nodes, prints the output', async () => {
    const parameters = ['run', 'greet', '--input', 'name=Ada', '-i', 'age:=36', '--user', 'u', '--version', '1'];
    const { stdout, stderr, code, asked } = await treadle(parameters, { answers: completed });
    expect({ stdout, stderr, code }).toEqual({
      stdout: 'Hello world\n',
      stderr: 'Ask  running\nAsk  completed  1.3 s\n',
      code: 0,
    });
    const start = asked.find(({ method }) => method === 'POST');
    expect(JSON.parse(start?.body ?? '')).toEqual({
      inputs: { name: 'Ada', age: 36 },
      user: 'u',
      version: 1,
      mode: 'async',
    });
    expect(start?.headers).toMatchObject({ authorization: 'Bearer secret', 'idempotency-key': expect.any(String) });
  });

  it('prints the text while it is written with --stream', async () => {
    const { stdout, code } = await treadle(['run', 'greet', '--stream'], { answers: completed });
    expect({ stdout, code }).toEqual({ stdout: 'Hello world\n', code: 0 });
  });

  it('prints one document with --json, and one line per event with --json --stream', async () => {
    const one = await treadle(['run', 'greet', '--json'], { answers: completed });
    expect(JSON.parse(one.stdout)).toMatchObject({ id: 'r1', status: 'completed' });
    expect(one.stderr).toBe('');
    const lines = (await treadle(['run', 'greet', '--json', '--stream'], { answers: completed })).stdout
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(events.map(({ event }) => event));
  });

  it('reads inputs from standard input and prints the id with --async', async () => {
    const parameters = ['run', 'greet', '--async', '--inputs-file', '-', '-i', 'b=2', '--idempotency-key', 'k1'];
    const { stdout, asked } = await treadle(parameters, { answers: completed, input: '{"a": [1], "b": 1}' });
    expect(stdout).toBe('r1\n');
    expect(asked.at(-1)?.headers['idempotency-key']).toBe('k1');
    expect(JSON.parse(asked.at(-1)?.body ?? '').inputs).toEqual({ a: [1], b: '2' });
  });

  it.each([
    ['failed', 'Run r1 failed: The provider is away. [provider_error]\n'],
    ['cancelled', 'Run r1 was cancelled: The provider is away. [provider_error]\n'],
  ])('exits with 1 when the run is %s', async (status, message) => {
    const { stdout, stderr, code } = await treadle(['run', 'greet'], { answers: server({ status, failure }) });
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toContain(message);
  });

  it('exits with 130 when interrupted, and says that the run goes on', async () => {
    const answers: Record<string, Answer> = {
      ...completed,
      'GET /api/v1/runs/r1/events': (_asked, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`event: text-delta\ndata: ${JSON.stringify({ offset: 0, text: 'Once' })}\n\n`);
      },
    };
    const interruptAt = (stdout: string) => stdout.includes('Once');
    const { stderr, code } = await treadle(['run', 'greet', '--stream'], { answers, interruptAt });
    expect(code).toBe(130);
    expect(stderr).toContain('Run r1 goes on.');
  });
});

describe('treadle', () => {
  it('imports from standard input and tells the warnings', async () => {
    const warnings = [{ code: 'unsupported', message: 'cannot run here', node: 'n1' }];
    const answers: Record<string, Answer> = {
      'POST /api/v1/workflows': () => ({ id: 'w', name: 'other', version: 1, warnings }),
    };
    const { stdout, stderr, code, asked } = await treadle(['import', '-', '--name', 'other'], {
      answers,
      input: 'a: 1',
    });
    expect({ stdout, code }).toEqual({ stdout: 'Imported "other" as w, version 1.\n', code: 0 });
    expect(stderr).toBe('warning: node n1: cannot run here\n');
    expect(asked[0]).toMatchObject({ body: 'a: 1', headers: { 'content-type': 'application/yaml' } });
    expect(asked[0]?.url.searchParams.get('name')).toBe('other');
  });

  it('lists runs as a table and as JSON', async () => {
    const answers: Record<string, Answer> = { 'GET /api/v1/runs': () => ({ items: [run], next_cursor: null }) };
    const { stdout, asked } = await treadle(['runs', 'list', '--status', 'failed', 'running'], { answers });
    expect(stdout.split('\n')).toEqual(['RUN  WORKFLOW     STATUS   STARTED', 'r1   wf-00000001  running  today', '']);
    expect(asked[0]?.url.search).toBe('?status=failed&status=running&limit=20');
    expect(JSON.parse((await treadle(['runs', 'list', '--json'], { answers })).stdout)).toEqual([run]);
  });

  it('cancels a run', async () => {
    const answers: Record<string, Answer> = { 'POST /api/v1/runs/r1/cancel': () => ({ ...run, status: 'cancelled' }) };
    const { stdout, asked } = await treadle(['runs', 'cancel', 'r1', '--reason', 'wrong'], { answers });
    expect(stdout).toBe('Run r1 is cancelled.\n');
    expect(asked[0]?.body).toBe('{"reason":"wrong"}');
  });

  const hook = { id: 'h1', workflow_id: workflow.id, node_id: 'in', active: true, url: 'https://t.test/hooks/h1' };

  it('shows the secret of a webhook when it was just made or changed', async () => {
    const answers: Record<string, Answer> = {
      ...completed,
      [`POST /api/v1/workflows/${workflow.id}/publish`]: () => ({
        ...workflow,
        published_version: 1,
        webhooks: [{ ...hook, secret: 'whsec_1' }],
      }),
      'GET /api/v1/webhooks': () => ({ items: [hook] }),
      'POST /api/v1/webhooks/h1/rotate-secret': () => ({ ...hook, secret: 'whsec_2' }),
    };
    const published = await treadle(['workflows', 'publish', 'greet'], { answers });
    expect(published.stdout).toContain('Webhook "in": https://t.test/hooks/h1\nIts secret, shown only now: whsec_1\n');
    const listed = await treadle(['webhooks', 'list'], { answers });
    expect(listed.stdout).toMatch(/h1 +wf-00000001 +in +active +https:\/\/t\.test\/hooks\/h1/);
    expect((await treadle(['webhooks', 'rotate', 'h1'], { answers })).stdout).toContain('whsec_2');
  });

  it('lists, pauses and resumes schedules', async () => {
    const schedule = {
      id: 's1',
      workflow_id: workflow.id,
      node_id: 'nightly',
      cron: '@daily',
      timezone: 'UTC',
      active: true,
      paused: false,
      next_fire_at: 'soon',
      last_fired_at: null,
      last_error: null,
    };
    const answers: Record<string, Answer> = {
      'GET /api/v1/schedules': () => ({ items: [schedule] }),
      'POST /api/v1/schedules/s1/pause': () => ({ ...schedule, paused: true }),
      'POST /api/v1/schedules/s1/resume': () => schedule,
    };
    expect((await treadle(['schedules', 'list'], { answers })).stdout).toMatch(/nightly +@daily +UTC +active +soon +-/);
    expect((await treadle(['schedules', 'pause', 's1'], { answers })).stdout).toBe('Schedule "nightly" is paused.\n');
    const resumed = await treadle(['schedules', 'resume', 's1'], { answers });
    expect(resumed.stdout).toBe('Schedule "nightly" goes on; next at soon.\n');
  });

  const talk = { id: 'c1', workflow_id: workflow.id, user: null, name: 'Looms', turns: 2, active_at: 'today' };

  it('continues a conversation, and says which one it was', async () => {
    const answers = server({ status: 'completed', outputs: { answer: 'Hello' }, conversation_id: 'c1' });
    const { stderr, asked } = await treadle(['run', 'greet', '-q', 'Hi', '--conversation', 'c1'], { answers });
    expect(stderr).toContain('Conversation c1\n');
    const start = asked.find(({ method }) => method === 'POST');
    expect(JSON.parse(start?.body ?? '')).toMatchObject({ query: 'Hi', conversation_id: 'c1' });
  });

  it('lists conversations of a workflow and a user', async () => {
    const answers: Record<string, Answer> = {
      ...completed,
      'GET /api/v1/conversations': () => ({ items: [talk], next_cursor: null }),
    };
    const { stdout, asked } = await treadle(['conversations', 'list', '--workflow', 'greet', '--user', 'ada'], {
      answers,
    });
    expect(stdout).toMatch(/c1 +Looms +2 +today/);
    expect(asked.at(-1)?.url.search).toBe(`?workflow_id=${workflow.id}&user=ada&limit=20`);
  });

  it('tells what was said in a conversation, oldest first', async () => {
    const said = [
      { run_id: 'r2', turn: 2, status: 'failed', query: 'And then?', answer: null },
      { run_id: 'r1', turn: 1, status: 'completed', query: 'Hi', answer: 'Hello' },
    ];
    const answers: Record<string, Answer> = {
      'GET /api/v1/conversations/c1/messages': () => ({ items: said, next_cursor: null }),
    };
    const { stdout } = await treadle(['conversations', 'messages', 'c1'], { answers });
    expect(stdout).toBe('> Hi\nHello\n\n> And then?\n(run r2 is failed)\n');
  });

  it('renames and deletes a conversation', async () => {
    const answers: Record<string, Answer> = {
      'PATCH /api/v1/conversations/c1': () => talk,
      'DELETE /api/v1/conversations/c1': (_asked, response) => response.writeHead(204).end(),
    };
    const renamed = await treadle(['conversations', 'rename', 'c1', '--name', 'Looms'], { answers });
    expect(renamed.stdout).toBe('Conversation c1 is called "Looms".\n');
    expect(renamed.asked[0]?.body).toBe('{"name":"Looms"}');
    const deleted = await treadle(['conversations', 'delete', 'c1'], { answers });
    expect(deleted).toMatchObject({ stdout: 'Conversation c1 is deleted.\n', code: 0 });
  });

  it('prints every setting of every service', async () => {
    const settings = JSON.parse((await treadle(['config', '--json'])).stdout);
    expect(settings).toContainEqual({
      name: 'TREADLE_HTTP_PORT',
      default: '8080',
      unit: 'port',
      meaning: 'Port of the public API; 0 takes a free one.',
      secret: false,
      required: false,
      services: ['gateway'],
    });
    const names = settings.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        ...['TREADLE_HOST', 'TREADLE_DATA_DIR', 'DATABASE_URL', 'NATS_URL', 'TREADLE_API_KEY', 'TREADLE_URL'],
        ...['OPENAI_BASE_URL', 'OPENAI_API_KEY', 'TREADLE_DEFAULT_MODEL', 'TREADLE_LOG_LEVEL'],
      ]),
    );
    const { stdout, code } = await treadle(['config']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^TREADLE_DATA_DIR +\.treadle +Folder that keeps .* \(standalone\)$/m);
  });

  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['runs', 'list', '--frobnicate']],
    ['a missing argument', ['run']],
    ['an input without a value', ['run', 'greet', '--input', 'name']],
    ['an input that is no JSON', ['run', 'greet', '--input', 'name:=Ada']],
    ['a bad version', ['run', 'greet', '--version', '0']],
    ['a file that is not there', ['import', '/nowhere/at-all.yml']],
    ['a bad address', ['health', '--url', 'nonsense']],
  ])('exits with 2 for %s', async (_name, parameters) => {
    const { code, stderr } = await treadle(parameters);
    expect(stderr).not.toBe('');
    expect(code).toBe(2);
  });

  it('exits with 3 when it is refused, and says what to do about the key', async () => {
    const answers = { 'GET /api/v1/runs': refuse(401, { code: 'unauthenticated', message: 'The key is unknown.' }) };
    const { code, stderr } = await treadle(['runs', 'list'], { answers });
    expect(code).toBe(3);
    expect(stderr).toBe('The key is unknown. [unauthenticated 401]\nCheck the key in --api-key or TREADLE_API_KEY.\n');
    expect((await treadle(['runs', 'list', '--api-key', ''], { answers })).stderr).toContain('Give the API key');
  });

  it('exits with 3 for a name nobody has', async () => {
    const { code, stderr } = await treadle(['run', 'nobody'], { answers: completed });
    expect(code).toBe(3);
    expect(stderr).toContain('no workflow with the id or the name "nobody"');
  });

  it('exits with 4 when nobody answers', async () => {
    const { code, stderr } = await treadle(['health', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(4);
    expect(stderr).toContain('does not answer at http://127.0.0.1:1');
  });

  it.each([
    ...[
      [],
      ['import'],
      ['run'],
      ['runs', 'events'],
      ['workflows', 'publish'],
      ['webhooks', 'rotate'],
      ['schedules', 'pause'],
      ['config'],
      ['health'],
    ],
    ...[['models'], ['models', 'test'], ['models', 'usage'], ['models', 'list']],
    ...['providers', 'routes', 'prices', 'budgets'].map((what) => ['models', what, 'set']),
  ])('explains itself with --help: %s %s', async (...path) => {
    const { code, stdout } = await treadle([...path.filter(Boolean), '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes:');
    if (path.length > 0) expect(stdout).toContain('Example');
  });
});

describe('treadle files', () => {
  const uploads = { 'POST /api/v1/files': () => ({ items: [{ id: 'f1', name: 'package.json' }] }) };

  it('uploads a file and prints its id', async () => {
    const { stdout, code, asked } = await treadle(['files', 'upload', 'package.json'], { answers: uploads });
    expect({ stdout, code }).toEqual({ stdout: 'f1\n', code: 0 });
    expect(asked[0]?.headers['content-type']).toContain('multipart/form-data');
    expect(asked[0]?.body).toContain('name="file"; filename="package.json"');
  });

  it('uploads the files of a run before it starts', async () => {
    const parameters = ['run', 'greet', '--file', 'photo=package.json', '--input', 'name=Ada'];
    const { code, asked } = await treadle(parameters, { answers: { ...completed, ...uploads } });
    expect(code).toBe(0);
    const start = asked.find(({ url }) => url.pathname.endsWith('/runs'));
    expect(JSON.parse(start?.body ?? '')).toMatchObject({ inputs: { name: 'Ada', photo: { file_id: 'f1' } } });
  });

  it('says which file cannot be read', async () => {
    const { stderr, code } = await treadle(['files', 'upload', 'nowhere.png'], { answers: uploads });
    expect([stderr, code]).toEqual([expect.stringContaining('nowhere.png cannot be read (ENOENT)'), 2]);
  });
});
