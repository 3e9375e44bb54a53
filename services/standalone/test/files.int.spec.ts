import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelServer, startModelServer, type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const apiKey = 'tk_for_specs';
const maxBytes = 100_000;
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let database: TestDatabase;
let models: ModelServer;
let standalone: Standalone;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-files-'));
  [database, models] = await Promise.all([testDatabase(), startModelServer({ answer: () => 'A pixel.' })]);
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: apiKey,
    TREADLE_MAX_UPLOAD_BYTES: String(maxBytes),
    OPENAI_BASE_URL: models.url,
    OPENAI_API_KEY: 'unused',
  });
});
afterAll(async () => {
  await standalone?.stop();
  await Promise.all([models?.close(), database?.drop()]);
  rmSync(folder, { recursive: true, force: true });
});

function call(path: string, request: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${apiKey}`, ...(request.headers as Record<string, string>) };
  return fetch(`${standalone.url}${path}`, { ...request, headers });
}

function send(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function upload(...files: readonly (readonly [name: string, content: string | Uint8Array])[]) {
  const body = new FormData();
  for (const [name, content] of files) body.append('file', new Blob([new Uint8Array(Buffer.from(content))]), name);
  const response = await call('/api/v1/files', { method: 'POST', body });
  type Shown = { items?: { id: string; content_url: string }[]; code?: string; message?: string };
  return { status: response.status, body: (await response.json()) as Shown };
}

describe('uploaded files', () => {
  it('are told apart by their content, described, given back and deleted', async () => {
    const { status, body } = await upload(['C:\\photos\\..\\pixel.png', png], ['notes.md', '# Hello']);
    expect([status, body]).toMatchObject([
      201,
      {
        items: [
          { name: 'pixel.png', size: png.byteLength, extension: 'png', mime_type: 'image/png', type: 'image' },
          { name: 'notes.md', size: 7, mime_type: 'text/markdown', type: 'document' },
        ],
      },
    ]);
    const [{ id, content_url }] = body.items as [{ id: string; content_url: string }];
    expect(await (await call(`/api/v1/files/${id}`)).json()).toEqual(body.items![0]);
    const content = await call(content_url);
    expect(content.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''pixel.png");
    expect(Buffer.from(await content.arrayBuffer()).equals(png)).toBe(true);
    expect((await call(`/api/v1/files/${id}`, { method: 'DELETE' })).status).toBe(204);
    for (const path of [`/api/v1/files/${id}`, content_url]) {
      expect((await call(path)).status).toBe(404);
    }
  });

  it.each<[string, number, string, readonly (readonly [string, string | Uint8Array])[]]>([
    [
      'too large',
      413,
      `"large.txt" has 300000 bytes; at most ${maxBytes} are allowed.`,
      [['large.txt', 'x'.repeat(300_000)]],
    ],
    ['of another type than their names say', 415, '"pixel.pdf"', [['pixel.pdf', png]]],
    ['empty', 400, '"empty.txt" is empty', [['empty.txt', '']]],
    ['too many', 429, 'more than 20 files', Array.from({ length: 21 }, (_, index) => [`${index}.txt`, 'x'] as const)],
    ['none', 400, 'no file', []],
  ])('are refused when they are %s, all of the request', async (_, status, sentence, files) => {
    const answer = await upload(['fine.txt', 'fine'], ...files).then((given) => (files.length > 0 ? given : upload()));
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringContaining(sentence)]);
  });

  it('come as a form and as nothing else', async () => {
    expect((await send('/api/v1/files', { file: 'x' })).status).toBe(415);
    const broken = await call('/api/v1/files', {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: '--b\r\nnonsense',
    });
    expect(broken.status).toBe(400);
  });
});

describe('a picture among the inputs', () => {
  const seeing = {
    format: 'treadle/v1',
    name: 'seeing',
    nodes: [
      {
        id: 'start',
        type: 'start',
        config: { variables: [{ variable: 'photo', type: 'file', required: true, allowed_file_types: ['image'] }] },
      },
      {
        id: 'llm',
        type: 'llm',
        config: {
          model: { provider: 'openai', name: 'small' },
          prompt_template: [{ role: 'user', text: 'What is on {{#start.photo.name#}}?' }],
          vision: { enabled: true, configs: { variable_selector: ['start', 'photo'] } },
        },
      },
      { id: 'end', type: 'end', config: { outputs: [{ variable: 'seen', value_selector: ['llm', 'text'] }] } },
    ],
    edges: [
      { source: 'start', target: 'llm' },
      { source: 'llm', target: 'end' },
    ],
  };
  type Shown = { status: string; outputs: object; failure: { code: string } };

  async function see(photo: object): Promise<{ status: number; body: Shown }> {
    const { id } = (await (await send('/api/v1/workflows', seeing)).json()) as { id: string };
    const response = await send(`/api/v1/workflows/${id}/runs`, { inputs: { photo } });
    return { status: response.status, body: (await response.json()) as Shown };
  }

  it('is shown to the model', async () => {
    const { body } = await upload(['pixel.png', png]);
    expect(await see({ file_id: body.items![0]!.id })).toMatchObject({
      status: 200,
      body: { status: 'completed', outputs: { seen: 'A pixel.' } },
    });
    expect(models.chats.at(-1)?.body.messages.at(-1)?.content).toEqual([
      { type: 'text', text: 'What is on pixel.png?' },
      {
        type: 'image_url',
        image_url: expect.objectContaining({ url: `data:image/png;base64,${png.toString('base64')}` }),
      },
    ]);
  });

  it('is refused at the start when it is no picture or nothing at all', async () => {
    const { body } = await upload(['notes.md', '# Hello']);
    expect(await see({ file_id: body.items![0]!.id })).toMatchObject({ status: 422, body: { code: 'invalid_inputs' } });
    expect((await see({ file_id: '5b1f4a3e-0000-4000-8000-000000000000' })).status).toBe(422);
  });

  it('fails its node with a code when its content is gone', async () => {
    const { body } = await upload(['pixel.png', png]);
    const { id } = body.items![0]!;
    rmSync(join(folder, 'files', 'default', 'files', id));
    expect((await see({ file_id: id })).body).toMatchObject({ status: 'failed', failure: { code: 'file_not_found' } });
  });
});
