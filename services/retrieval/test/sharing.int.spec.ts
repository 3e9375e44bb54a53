import { type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

let database: TestDatabase;
const chunking = { chunkingJson: JSON.stringify({ max_length: 20, overlap: 0 }) };
const lines = (number: number) => Array.from({ length: number }, (_, line) => `line number ${line}`).join('\n\n');

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

async function withRig(environment: Record<string, string>, act: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = new Rig(database.connectionString, { environment });
  await rig.retrieval.start();
  try {
    await act(rig);
    expect(rig.errors).toEqual([]);
  } finally {
    await rig.stop();
  }
}

describe('indexers that several tenants share', () => {
  const one = { TREADLE_INDEX_CONCURRENCY: '1', TREADLE_INDEX_BATCH: '2' };

  it('take the one document of a tenant before the many of another', async () => {
    await withRig({ TREADLE_RETRIEVAL_ROLES: 'api' }, async (rig) => {
      const many = await rig.dataset('many', 'many');
      for (let number = 0; number < 60; number += 1) await rig.document('many', many.id, `d${number}`, 'one of many');
    });
    await withRig(one, async (rig) => {
      const order: string[] = [];
      rig.models.before = ({ tenantId = '' }) => {
        order.push(tenantId);
        return undefined;
      };
      const few = await rig.dataset('few', 'few');
      const document = await rig.document('few', few.id, 'the one', 'the only one');
      const before = order.length;
      await rig.indexed('few', document);
      // What was under way, and one whose turn it was.
      expect(order.indexOf('few') - before).toBeLessThanOrEqual(3);
    });
  });

  it('leave a long document for a while when somebody else waits', async () => {
    await withRig(one, async (rig) => {
      const [long, short] = [await rig.dataset('long', 'long', chunking), await rig.dataset('short', 'short')];
      const released = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const order: string[] = [];
      rig.models.before = ({ tenantId = '' }) => {
        order.push(tenantId);
        begun.resolve();
        return released.promise;
      };
      const slow = await rig.document('long', long.id, 'long', lines(400));
      await begun.promise;
      const quick = await rig.document('short', short.id, 'short', 'short');
      released.resolve();
      await rig.indexed('short', quick);
      expect(order.indexOf('short')).toBeLessThan(50);
      expect(await rig.indexed('long', slow)).toMatchObject({ chunks: 400, chunksIndexed: 400 });
    });
  });
});

describe('what a tenant may have', () => {
  it('is counted in documents, characters and chunks, apart from what others have', async () => {
    const environment = {
      TREADLE_DOCUMENTS_PER_TENANT: '3',
      TREADLE_DATASET_CHARACTERS_PER_TENANT: '1000',
      TREADLE_CHUNKS_PER_TENANT: '12',
    };
    await withRig(environment, async (rig) => {
      const { id } = await rig.dataset('a', 'd', chunking);
      const first = await rig.indexed('a', await rig.document('a', id, '1', lines(10)));
      const long = 'x'.repeat(1000);
      await expect(rig.document('a', id, '2', long)).rejects.toThrow(
        /come to \d+ characters; with 1000 more .* over 1000/,
      );
      const fileId = await rig.upload('a', long);
      const file = { source: 'file', fileId, sourceName: 'long.txt' };
      const tooLong = await rig.indexed('a', await rig.add('a', id, file), 'error');
      expect(tooLong).toMatchObject({ errorCode: 'limit_exceeded', error: expect.stringContaining('with 1000 more') });
      const many = await rig.indexed('a', await rig.document('a', id, '3', lines(5)), 'error');
      expect(many).toMatchObject({
        errorCode: 'limit_exceeded',
        error: expect.stringMatching(/10 chunks; with 5 more .* over 12/),
      });
      expect(many).toMatchObject({ chunks: 0, chunksCut: 0 });
      await expect(rig.document('a', id, '4', 'one')).rejects.toThrow(/come to 3 documents; with 1 more .* over 3/);
      const tries = await Promise.allSettled([1, 2, 3, 4].map((n) => rig.document('b', 'x', `${n}`, 'x')));
      expect(tries.every(({ status }) => status === 'rejected')).toBe(true);
      const other = await rig.dataset('b', 'd');
      const atOnce = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => rig.document('b', other.id, `${n}`, 'x')));
      expect(atOnce.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      const key = { tenantId: 'a', datasetId: id, documentId: first.id };
      for (const content of ['11', '12']) await rig.datasets.saveChunk({ ...key, chunkId: '', content });
      await expect(rig.datasets.saveChunk({ ...key, chunkId: '', content: '13' })).rejects.toThrow(/over 12/);
      // In place of what it has, a document may have as much again.
      await rig.datasets.updateDocument({ ...key, text: lines(12) });
      expect(await rig.indexed('a', first)).toMatchObject({ chunks: 12 });
    });
  });
});
