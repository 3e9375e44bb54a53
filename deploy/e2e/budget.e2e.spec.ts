import { type ModelServer, natsAvailable, startModelServer } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerTo, billedOf, read, setUp, spendAll, total } from './src/dollar.js';
import { eventually } from './src/eventually.js';
import { type ProcessesSystem, startProcessesSystem } from './src/processes-system.js';

/** `npm run e2e:budget` is the full size. */
const callers = Number(process.env['TREADLE_E2E_CALLERS'] ?? 100);
const limitUsd = 1;
const exactly = 1e-6;
/** The longest answer of a call; the real ones have two thirds of it. */
const tokens = 20;

let merging: ModelServer;
let plain: ModelServer;
let system: ProcessesSystem;

beforeAll(async () => {
  const options = { latencyMs: 20, answer: answerTo };
  [merging, plain] = await Promise.all([startModelServer(options), startModelServer(options)]);
  system = await startProcessesSystem(plain.url);
}, 300_000);
afterAll(async () => {
  await system?.stop();
  await Promise.all([merging?.close(), plain?.close()]);
});

/** The price at which the longest answers of all callers at once come to so much. */
const outputPerMillion = (usd: number) => (usd * 1e6) / (callers * tokens);

async function killTwice(server: ModelServer, moments: readonly number[]): Promise<void> {
  for (const calls of moments) {
    await eventually(`${calls} calls`, async () => (server.calls >= calls ? true : undefined));
    await system.killAndRestart('model-proxy');
  }
}

/** Asks again and again while the work goes on. */
async function meanwhile(working: Promise<unknown>, look: () => Promise<void>): Promise<void> {
  let over = false;
  const ended = working.finally(() => {
    over = true;
  });
  while (!over) {
    await look();
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 200))]);
  }
  await ended;
}

describe.skipIf(!natsAvailable())(`a budget of one dollar, ${callers} callers, the model proxy killed twice`, () => {
  it('is not overspent, and the ledger is exact, where the provider bills repeats once', async () => {
    const price = { inputPerMillion: 1, outputPerMillion: outputPerMillion(1) };
    await system.api.send('/api/v1/models/providers/merging', {
      method: 'PUT',
      json: { kind: 'openai-compatible', base_url: merging.url, merges_repeats: true },
    });
    await setUp(system.api, { provider: 'merging', limitUsd, ...price });
    const spending = spendAll(system.api, { provider: 'merging', callers, tokens });
    await killTwice(merging, [0.4 * callers, callers]);
    const answered = await spending;
    const { usage, ledgerUsd, state } = await read(system.api, 'merging');
    // Requests under one key are one call.
    const byKey = new Map(merging.chats.map((chat) => [chat.headers['idempotency-key'], billedOf(chat, price)]));
    const countedUsd = total([...byKey.values()]);
    console.log(JSON.stringify({ answered, calls: byKey.size, requests: merging.calls, countedUsd, usage, state }));
    expect(countedUsd).toBeLessThanOrEqual(limitUsd);
    expect(countedUsd).toBeGreaterThan(limitUsd * 0.9);
    expect(Math.abs(ledgerUsd - countedUsd)).toBeLessThan(exactly);
    expect(state).toMatchObject({ reserved_usd: 0 });
    expect(usage.map(({ group }) => group['status'])).toEqual(['completed']);
    expect(answered).toBe(byKey.size);
  });

  // Which of the calls that were under way at a kill are `completed` is decided between the kill and the ledger, so no count of the server
  // can name them: it may have written an answer out that nobody read. All calls cost the same here. That makes it exact all the same: each
  // `completed` row holds what the server bills for one call, there are no more of them than answers written out and no fewer than heard.
  it('is not overspent where the provider bills every request, repeats included, and the ledger is never below its count', async () => {
    const price = { inputPerMillion: 1, outputPerMillion: outputPerMillion(0.25) };
    await setUp(system.api, { provider: 'openai', limitUsd, ...price });
    const spending = spendAll(system.api, { provider: 'openai', callers, tokens });
    const billed = () => total(plain.chats.map((chat) => billedOf(chat, price)));
    const killing = killTwice(plain, [callers, 2 * callers]);
    let looks = 0;
    await meanwhile(Promise.all([spending, killing]), async () => {
      const before = billed();
      const { state } = await read(system.api, 'openai').catch(() => ({ state: undefined }));
      if (!state) return;
      looks += 1;
      expect(state.spent_usd + state.reserved_usd).toBeGreaterThan(before - exactly);
      expect(state.spent_usd + state.reserved_usd).toBeLessThan(limitUsd + exactly);
    });
    const answered = await spending;
    const { usage, ledgerUsd, state } = await eventually('the last orphan to be settled', async () => {
      const now = await read(system.api, 'openai');
      return now.state?.reserved_usd === 0 ? now : undefined;
    });
    const billedUsd = billed();
    const [callUsd = 0, ...others] = new Set(plain.chats.map((chat) => billedOf(chat, price)));
    const writtenOut = plain.calls - plain.abandoned;
    console.log(
      JSON.stringify({ answered, requests: plain.calls, writtenOut, billedUsd, ledgerUsd, looks, usage, state }),
    );
    expect(others).toEqual([]);
    expect(billedUsd).toBeLessThanOrEqual(limitUsd);
    expect(billedUsd).toBeGreaterThan(limitUsd * 0.4);
    expect(ledgerUsd).toBeLessThanOrEqual(limitUsd + exactly);
    expect(ledgerUsd).toBeGreaterThan(billedUsd - exactly);
    expect(total(usage.map(({ calls }) => calls))).toBeGreaterThanOrEqual(plain.calls);
    const completed = usage.find(({ group }) => group['status'] === 'completed');
    expect(Math.abs((completed?.cost_usd ?? 0) - (completed?.calls ?? 0) * callUsd)).toBeLessThan(exactly);
    expect(completed?.calls).toBeGreaterThanOrEqual(answered);
    expect(completed?.calls).toBeLessThanOrEqual(writtenOut);
  });
});
