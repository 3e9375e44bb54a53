import { startQdrantServer } from '@treadle/testing';
import { describe, expect, it } from 'vitest';
import {
  type MetadataFilter,
  type MetadataOperator,
  matches,
  metadataOperators,
} from '../../domain/metadata-filter.js';
import { filterable, toQdrantFilter } from './qdrant-filter.js';

const one = (operator: MetadataOperator, value?: string | number | string[], field = 'year'): MetadataFilter => ({
  logic: 'and',
  conditions: [{ field, operator, ...(value !== undefined && { value }) }],
});

describe('filters for Qdrant', () => {
  it('compares texts as texts and numbers as numbers', () => {
    expect(toQdrantFilter(one('=', 1999))).toEqual({
      must: [
        {
          should: [
            { key: 'metadata."year"', match: { value: '1999' } },
            { key: 'metadata."year"', range: { gte: 1999, lte: 1999 } },
          ],
        },
      ],
    });
    expect(toQdrantFilter(one('is', 'x'))).toEqual({
      must: [{ should: [{ key: 'metadata."year"', match: { value: 'x' } }] }],
    });
  });

  it('joins conditions by the logic, and takes no conditions as none', () => {
    const conditions = [...one('>', 1).conditions, ...one('<', 0).conditions];
    const [above, below] = [
      { key: 'numbers."year"', range: { gt: 1 } },
      { key: 'numbers."year"', range: { lt: 0 } },
    ];
    expect(toQdrantFilter({ logic: 'or', conditions })).toEqual({ should: [above, below] });
    expect(toQdrantFilter({ logic: 'and', conditions })).toEqual({ must: [above, below] });
    expect(toQdrantFilter({ logic: 'or', conditions: [] })).toEqual({});
  });

  it.each(['contains', 'not contains', 'start with', 'end with'] as const)('has no words for `%s`', (operator) => {
    expect(toQdrantFilter(one(operator, 'x'))).toBeUndefined();
  });

  it('has no words for a field whose name would break out of its path', () => {
    expect(toQdrantFilter(one('=', 1, 'a"].b'))).toBeUndefined();
    expect(toQdrantFilter(one('=', 1, ''))).toBeUndefined();
    expect(toQdrantFilter(one('=', 1, 'a.b c'))).toBeDefined();
  });

  it('keeps what can be filtered by, and leaves out what has no value', () => {
    const metadata = { kind: 'report', year: 1999, issue: '12', gone: null };
    expect(filterable(metadata)).toEqual({
      metadata: { kind: 'report', year: 1999, issue: '12' },
      numbers: { year: 1999, issue: 12 },
    });
  });

  it('means what `matches` means, for every operator and every kind of value', async () => {
    const server = await startQdrantServer();
    const { collections } = server;
    collections.create('c', { vectors: {} });
    const values = [1999, '1999', 2020.5, '2020.5', -3, 'report', '', 'Report', null, 0, '0'];
    const documents = values.map((value, id) => ({ id, metadata: { 'the year': value } }));
    const points = documents.map(({ id, metadata }) => ({ id, vector: {}, payload: filterable(metadata) }));
    collections.named('c').upsert(points);
    const given = [1999, '1999', '2020.50', 'report', '', 0, ['1999', 'report'], ['2020.5', '0'], [], undefined];
    for (const operator of metadataOperators)
      for (const value of given) {
        const filter = one(operator, value, 'the year');
        const translated = toQdrantFilter(filter);
        if (!translated) continue;
        const { points: found } = collections.named('c').scroll(translated as object, undefined, 100);
        const expected = documents.filter(({ metadata }) => matches(metadata, filter)).map(({ id }) => id);
        expect([operator, value, found.map(({ id }) => id)]).toEqual([operator, value, expected]);
      }
    await server.close();
  });
});
