import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEntry, chainStart, hashAfter } from '@treadle/audit';
import { expect, it, onTestFinished } from 'vitest';
import { treadle } from './treadle-command.js';

function chainOf(actions: readonly string[]) {
  let point = chainStart('acme');
  const links = actions.map((action) => {
    const entry: AuditEntry = {
      tenant: 'acme',
      seq: point.seq + 1,
      at: '2030-01-01T00:00:00.000Z',
      actor: { kind: 'user', id: 'u1', address: '127.0.0.1', agent: '' },
      action,
      object: { kind: 'thing', id: '1' },
      outcome: 'done',
      request: 'r',
    };
    point = { seq: entry.seq, hash: hashAfter(point.hash, entry) };
    return { entry, hash: point.hash };
  });
  return {
    links,
    end: point,
    start: { tenant: 'acme', at: chainStart('acme'), whole: true, checkpoints: [] as string[] },
  };
}

async function verify(lines: readonly object[], ...parameters: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'audit-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'audit.jsonl');
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return treadle(['audit', 'verify', '--file', file, ...parameters]);
}

const { links, end, start } = chainOf(['a.save', 'b.save', 'c.save']);
const last = { end };

it('verifies an export and prints a mark, which finds later what was cut off', async () => {
  const good = await verify([{ start }, ...links, last]);
  expect([good.code, good.stdout]).toEqual([0, expect.stringContaining(`Mark: 3:${end.hash}`)]);
  const cut = { end: { seq: 2, hash: links[1]!.hash } };
  expect((await verify([{ start }, ...links.slice(0, 2), cut])).code).toBe(0);
  const found = await verify([{ start }, ...links.slice(0, 2), cut], '--mark', `3:${end.hash}`);
  expect([found.code, found.stderr]).toEqual([5, expect.stringContaining('its end was cut off')]);
});

it.each([
  ['changed', [{ start }, { ...links[0], entry: { ...links[0]!.entry, action: 'x' } }, ...links.slice(1), last]],
  ['without an entry', [{ start }, links[0]!, links[2]!, last]],
  ['that broke off', [{ start }, ...links]],
])('finds an export %s', async (_, lines) => {
  expect((await verify(lines)).code).toBe(5);
});

it('lists what happened', async () => {
  const items = [{ ...links[0]!.entry, hash: links[0]!.hash }];
  const answers = { 'GET /api/v1/audit': () => ({ items, next_cursor: null }) };
  const { stdout, asked } = await treadle(['audit', 'list', '--kind', 'thing'], { answers });
  expect(asked).toHaveLength(1);
  expect(stdout).toMatch(/a\.save/);
});
