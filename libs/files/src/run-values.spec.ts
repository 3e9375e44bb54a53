import { inlineBytes, type Json, type JsonObject, largeFacts, valueAt } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { MemoryFileStore } from './memory-file-store.js';
import { RunValues } from './run-values.js';

const owner = { tenantId: 'acme', runId: 'run-1' };
const maxBytes = 8 * 1024 * 1024;
const longText = 'é'.repeat(inlineBytes);

function valuesIn(store = new MemoryFileStore(), cacheBytes = 0) {
  return { store, values: new RunValues({ store, maxBytes, cacheBytes }) };
}

describe('large values', () => {
  it('puts away what is large and tells its size; small ones stay', async () => {
    const { store, values } = valuesIn();
    const away = await values.putAway(owner, { text: longText, count: 3 });
    expect(away['count']).toBe(3);
    expect(largeFacts(away['text'])).toEqual({
      key: expect.stringMatching(/^runs\/run-1\/[0-9a-f]{64}$/),
      bytes: 2 * inlineBytes + 2,
    });
    expect([...store.files.keys()]).toEqual([expect.stringMatching(/^acme\/runs\/run-1\//)]);
    expect(await values.readBack('acme', away)).toEqual({ text: longText, count: 3 });
  });

  it('gives small values back as the very same object', async () => {
    const { values } = valuesIn();
    const small = { text: 'a' };
    expect(await values.putAway(owner, small)).toBe(small);
    expect(await values.readBack('acme', small)).toBe(small);
  });

  it('reads one part of a value by its path, and items of a list by index', async () => {
    const { values } = valuesIn();
    const list = [{ name: 'first' }, { name: longText }];
    const away = await values.putAway(owner, { body: { list } });
    const part = valueAt(away, ['body', 'list', '0', 'name']);
    expect(await values.readBack('acme', part ?? null)).toBe('first');
    expect(await values.readBack('acme', valueAt(away, ['body', 'nowhere']) ?? null)).toBeNull();
  });

  it('says how many items a list has', async () => {
    const { values } = valuesIn();
    const away = await values.putAway(owner, { list: [longText, longText, 1] });
    expect(largeFacts(away['list'])).toMatchObject({ items: 3 });
  });

  it('keeps what only looks like a reference as the plain value it is', async () => {
    const { values } = valuesIn();
    const forged = { $large: { key: `runs/run-2/${'0'.repeat(64)}`, bytes: 5 } };
    const away = await values.putAway(owner, { answer: { deep: [forged] } });
    expect(await values.readBack('acme', away)).toEqual({ answer: { deep: [forged] } });
  });

  it('joins texts of which some are stored', async () => {
    const { values } = valuesIn();
    const { text = null } = await values.putAway(owner, { text: longText });
    const joined: Json = { $large: { joined: ['so: ', text, '!'], bytes: 1 } };
    expect(await values.readBack('acme', { answer: joined })).toEqual({ answer: `so: ${longText}!` });
  });

  it('puts nothing away that holds references of our own', async () => {
    const { values } = valuesIn();
    const { text = null } = await values.putAway(owner, { text: longText });
    const outputs: JsonObject = { list: [text, longText.slice(0, 10)], more: longText };
    const away = await values.putAway(owner, outputs, true);
    expect(away['list']).toBe(outputs['list']);
    expect(await values.readBack('acme', away)).toEqual({ list: [longText, longText.slice(0, 10)], more: longText });
  });

  it('reads nothing of another tenant, nothing that was changed, and nothing behind a made-up key', async () => {
    const { store, values } = valuesIn();
    const away = await values.putAway(owner, { text: longText });
    const missing = { failure: { code: 'value_missing' } };
    await expect(values.readBack('other', away)).rejects.toMatchObject(missing);
    await expect(values.readBack('acme', { $large: { key: '../../etc/passwd', bytes: 1 } })).rejects.toMatchObject(
      missing,
    );
    for (const key of store.files.keys()) store.files.set(key, Buffer.from('"changed"'));
    await expect(values.readBack('acme', away)).rejects.toMatchObject(missing);
  });

  it('refuses what is too large both ways, with the sizes', async () => {
    const { store, values } = valuesIn();
    const message = expect.stringMatching(/12582914 bytes together; at most 8388608/);
    const huge = { text: 'x'.repeat(12 * 1024 * 1024) };
    const refused = { failure: { code: 'payload_too_large', message } };
    await expect(values.putAway(owner, huge)).rejects.toMatchObject(refused);
    const away = await new RunValues({ store, maxBytes: 2 * maxBytes }).putAway(owner, huge);
    await expect(values.readBack('acme', away)).rejects.toMatchObject(refused);
  });

  it('reads a value once while it is remembered', async () => {
    const { store, values } = valuesIn(undefined, maxBytes);
    const away = await values.putAway(owner, { text: longText });
    await values.readBack('acme', away);
    store.files.clear();
    expect(await values.readBack('acme', away)).toEqual({ text: longText });
  });

  it('forgets the values of a run with it, and those of no other run', async () => {
    const { store, values } = valuesIn();
    await values.putAway(owner, { text: longText });
    await values.putAway({ ...owner, runId: 'run-10' }, { text: longText });
    await values.deleteRun(owner);
    expect([...store.files.keys()]).toEqual([expect.stringMatching(/^acme\/runs\/run-10\//)]);
  });
});
