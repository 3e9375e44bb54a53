import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refuse } from './api-server.js';
import { treadle } from './treadle-command.js';

const reply = (body: object) => () => body;
const path = '/api/v1/datasets';
const rules = {
  ...{ id: 'd1', name: 'rules', status: 'waiting', error: null, reindex_error: null, characters: 0, chunks: 0 },
  progress: { chunks_cut: 0, chunks_indexed: 0 },
};
const page = (items: readonly object[]) => reply({ items, next_cursor: null });

async function fileOf(content: string): Promise<string> {
  const file = join(tmpdir(), `treadle-cli-${process.pid}-rules.md`);
  await writeFile(file, content);
  return file;
}

/** What the server says of a document, look by look. */
function told(...looks: readonly object[]) {
  let look = 0;
  return () => ({ ...rules, ...looks[Math.min(look++, looks.length - 1)] });
}

describe('treadle datasets', () => {
  it('lists datasets, with how far a new index is', async () => {
    const handbook = { id: 's1', name: 'handbook', documents: 7, chunks: 30, reindexing: true };
    const answers = { [`GET ${path}`]: page([{ ...handbook, reindexed_documents: 4, reindex_failures: 1 }]) };
    expect((await treadle(['datasets', 'list'], { answers })).stdout).toMatch(/s1 +handbook +7 +30 +4 of 7, 1 failed/);
  });

  it('uploads a file, adds it and waits until it is indexed', async () => {
    const answers = {
      'POST /api/v1/files': reply({ items: [{ id: 'f1', name: 'rules.md', size: 5, type: '', mime_type: '' }] }),
      [`POST ${path}/s1/documents`]: reply(rules),
      [`GET ${path}/s1/documents/d1`]: told(
        { status: 'extracting' },
        { status: 'indexing', progress: { chunks_cut: 3, chunks_indexed: 1 } },
        { status: 'completed', chunks: 3, progress: { chunks_cut: 3, chunks_indexed: 3 } },
      ),
    };
    const { stdout, stderr, asked } = await treadle(['datasets', 'add', 's1', await fileOf('rules'), '--wait'], {
      answers,
    });
    expect(JSON.parse(asked[1]?.body ?? '')).toEqual({ name: 'rules.md', file_id: 'f1' });
    expect(stderr).toBe('extracting\nindexing, 1 of 3 chunks\ncompleted\n');
    expect(stdout).toBe('Document "rules" is d1; it is completed, with 3 chunks.\n');
  });

  it('gives a document the text of a page, and says why that cannot be', async () => {
    const trouble = 'https://example.com/x answered 404.';
    const answers = {
      [`PATCH ${path}/s1/documents/d1`]: reply(rules),
      [`GET ${path}/s1/documents/d1`]: told({ status: 'error', error: trouble }),
    };
    const { stderr, code, asked } = await treadle(
      ['datasets', 'add', 's1', 'https://example.com/x', '--replace', 'd1', '--wait'],
      { answers },
    );
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ url: 'https://example.com/x' });
    expect([code, stderr]).toEqual([1, expect.stringContaining(trouble)]);
  });

  it('labels datasets', async () => {
    const law = { id: 'l1', name: 'law', dataset_ids: ['s1', 's2'] };
    const answers = {
      'GET /api/v1/labels': page([law]),
      'POST /api/v1/labels': reply(law),
      'PATCH /api/v1/labels/l1': reply({ ...law, name: 'rules' }),
      [`PUT ${path}/s1/labels/l1`]: reply({}),
    };
    const said = async (...words: string[]) => (await treadle(['datasets', 'labels', ...words], { answers })).stdout;
    expect(await said('list', '--dataset', 's1')).toMatch(/l1 +law +2/);
    expect(await said('create', 'law')).toBe('Label "law" is l1.\n');
    expect(await said('rename', 'l1', 'rules')).toBe('Label l1 is "rules".\n');
    expect(await said('put', 's1', 'l1')).toBe('The label is on the dataset.\n');
  });

  it('tries again, and lists what stands where', async () => {
    const answers = {
      [`POST ${path}/s1/documents/d1/retry`]: reply(rules),
      [`GET ${path}/s1/documents`]: page([
        { ...rules, status: 'error', error: 'It has a password.' },
        { ...rules, id: 'd2', status: 'completed', chunks: 2, reindex_error: 'The model is unknown.' },
      ]),
    };
    expect((await treadle(['datasets', 'retry', 's1', 'd1'], { answers })).stdout).toContain('it is waiting');
    const { stdout } = await treadle(['datasets', 'documents', 's1'], { answers });
    expect(stdout).toMatch(/d1 +rules +error +0 +It has a password\./);
    expect(stdout).toMatch(/d2 +rules +completed +2 +Not in the new index: The model is unknown\./);
  });

  it('makes, searches and deletes datasets', async () => {
    const chunk = { score: 0.5, document_name: 'rules', position: 2, content: 'No\nshouting.' };
    const timings = [{ stage: 'datasets', milliseconds: 1 }];
    const answers = {
      [`POST ${path}`]: reply({ id: 's1', name: 'handbook' }),
      [`POST ${path}/s1/search`]: reply({ chunks: [chunk], degraded: 'The store is away.', timings }),
      [`DELETE ${path}/s1`]: reply({}),
    };
    expect((await treadle(['datasets', 'create', 'handbook'], { answers })).stdout).toContain('is s1');
    const { stdout } = await treadle(['datasets', 'search', 's1', 'shout'], { answers });
    expect(stdout).toMatch(/0\.5000 +rules #2 +No shouting\./);
    expect(stdout).toContain('datasets 1 ms');
    expect(stdout).toContain('The store is away.');
    expect((await treadle(['datasets', 'delete', 's1'], { answers })).stdout).toContain('deleted');
  });

  it('says what the server refuses', async () => {
    const answers = {
      [`POST ${path}/s1/documents`]: refuse(400, { code: 'address_blocked', message: 'It leads inside.' }),
    };
    const { code, stderr } = await treadle(['datasets', 'add', 's1', 'http://10.0.0.1/'], { answers });
    expect([code, stderr]).toEqual([3, expect.stringContaining('It leads inside.')]);
  });
});
