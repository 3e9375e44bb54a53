import { startQdrantServer } from '@treadle/testing';
import { expect, it } from 'vitest';
import { comparedSettings, compareSettings } from './compare-settings.js';

/** Vectors around a circle, each a little longer than the one before. */
const around = (count: number) =>
  Array.from({ length: count }, (_, place) => {
    const angle = (2 * Math.PI * place) / count;
    return Float32Array.of(Math.cos(angle) * (1 + place), Math.sin(angle) * (1 + place), 0.1);
  });

it('finds in every setting what the exact search finds, where the server searches exactly, and leaves nothing behind', async () => {
  const server = await startQdrantServer({ apiKey: 'secret' });
  const access = { url: server.url, apiKey: 'secret', timeoutMs: 10_000 };
  const queries = around(5);
  const rows = await compareSettings({ access, vectors: around(60), queries });
  expect(rows.map(({ setting }) => setting)).toEqual(comparedSettings);
  for (const { overlap, worstOverlap, milliseconds } of rows) {
    expect([overlap, worstOverlap]).toEqual([1, 1]);
    expect(milliseconds).toHaveLength(queries.length);
  }
  expect(server.collections.byName.size).toBe(0);
  await server.close();
  expect(server.violations).toEqual([]);
});
