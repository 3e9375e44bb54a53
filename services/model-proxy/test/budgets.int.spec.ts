import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BilledUsage, Reservation } from '../src/domain/money-gate.js';
import { Books, callFor } from './books.js';

let books: Books;

beforeEach(async () => {
  books = await Books.open();
});
afterEach(() => books.close());

const usage = (inputTokens: number, outputTokens: number): BilledUsage => ({
  inputTokens,
  outputTokens,
  cachedInputTokens: 0,
  reasoningTokens: 0,
});
const completed = (used: BilledUsage | undefined) =>
  ({ status: 'completed', usage: used, latencyMs: 12.4, firstTokenMs: 3 }) as const;

/** A thousand tokens in and a hundred out: 0.002 USD. */
const worstUsd = 0.002;

describe('a budget', () => {
  it('sets the worst case aside and keeps what was used', async () => {
    await books.budget({ usd: 1 });
    const { meter } = await books.replica();
    const reservation = await meter.reserve(callFor());
    expect(await books.totals()).toMatchObject({ reserved: worstUsd, spent: 0, reservations: 1, rows: 0 });
    const settled = reservation.settle(completed(usage(500, 10)));
    expect(settled.costUsd).toBe(0.0006);
    await settled.written;
    expect(await books.totals()).toEqual({ reserved: 0, spent: 0.0006, reservations: 0, ledger: 0.0006, rows: 1 });
  });

  it('gives a released call back and writes no row for it', async () => {
    await books.budget({ usd: 1 });
    const { meter } = await books.replica();
    const reservation = await meter.reserve(callFor());
    reservation.release();
    reservation.settle(completed(usage(1, 1)));
    await meter.flush();
    expect(await books.totals()).toEqual({ reserved: 0, spent: 0, reservations: 0, ledger: 0, rows: 0 });
  });

  it('counts a call whose usage the provider did not say at its worst case', async () => {
    await books.budget({ usd: 1 });
    const { meter } = await books.replica();
    (await meter.reserve(callFor())).settle(completed(undefined));
    await meter.flush();
    expect(await books.totals()).toMatchObject({ spent: worstUsd, ledger: worstUsd });
  });

  it('refuses what does not fit, and says whether waiting helps', async () => {
    await books.budget({ usd: 1.5 * worstUsd });
    const { meter } = await books.replica();
    const first = await meter.reserve(callFor());
    await expect(meter.reserve(callFor())).rejects.toMatchObject({
      failure: { code: 'budget_exceeded', retryable: true, retryAfterSeconds: 1 },
    });
    first.settle(completed(undefined));
    await meter.flush();
    await expect(meter.reserve(callFor())).rejects.toMatchObject({
      failure: { code: 'budget_exceeded', retryable: false, details: { budget: 'cap' } },
    });
  });

  it('counts tokens too, and refuses unknown prices only where money is limited', async () => {
    await books.budget({ name: 'tokens', tokens: 2500 });
    const { meter } = await books.replica();
    (await meter.reserve(callFor({ model: 'unpriced' }))).settle(completed(usage(1000, 100)));
    await meter.reserve(callFor({ model: 'unpriced' }));
    await expect(meter.reserve(callFor())).rejects.toMatchObject({ failure: { code: 'budget_exceeded' } });
    await meter.flush();
    expect(await books.one('select usd from usage_ledger')).toEqual({ usd: null });
    await books.budget({ name: 'money', usd: 100 });
    await expect(meter.reserve(callFor({ model: 'unpriced', inputTokensAtMost: 1 }))).rejects.toMatchObject({
      failure: { code: 'price_unknown', details: { budget: 'money' } },
    });
  });

  it('asks for a closer bound before it refuses', async () => {
    await books.budget({ usd: worstUsd });
    const { meter } = await books.replica();
    const call = callFor({ inputTokensAtMost: 4000, closerInputTokens: async () => 900 });
    expect(await meter.reserve(call)).toBeDefined();
  });

  it('limits the answer of a call that set no limit', async () => {
    await books.budget({ usd: 1 });
    const { meter } = await books.replica();
    expect(await meter.reserve(callFor({ outputTokensAtMost: undefined }))).toMatchObject({ outputTokensAtMost: 4096 });
    const unlimited = await books.replica({ hasBudgets: async () => false });
    expect(await unlimited.meter.reserve(callFor({ outputTokensAtMost: undefined }))).toMatchObject({
      outputTokensAtMost: undefined,
    });
  });

  it.each([
    ['workflow', { workflowId: 'w2' }],
    ['api_key', { apiKeyId: 'k2' }],
    ['run', { runId: 'r2' }],
  ])('counts each %s apart', async (scope, other) => {
    await books.budget({ scope, usd: worstUsd });
    const { meter } = await books.replica();
    await meter.reserve(callFor());
    await expect(meter.reserve(callFor())).rejects.toMatchObject({ failure: { code: 'budget_exceeded' } });
    const { spender } = callFor();
    await meter.reserve(callFor({ spender: { ...spender, ...other } }));
  });

  it('applies to the one subject it names', async () => {
    await books.budget({ scope: 'workflow', subject: 'w2', usd: 0 });
    const { meter } = await books.replica();
    await meter.reserve(callFor());
  });

  it('raises each threshold once, and warns the caller', async () => {
    await books.budget({ usd: 10 * worstUsd });
    const { meter, store } = await books.replica();
    const spend = async () => {
      const reservation = await meter.reserve(callFor());
      reservation.settle(completed(undefined));
      await meter.flush();
      return reservation;
    };
    let last: Reservation | undefined;
    for (let count = 0; count < 9; count += 1) last = await spend();
    expect(last?.warnings).toEqual(['The budget "cap" is used to 80 percent.']);
    expect((await store.takeEvents()).map(({ level, budget }) => [level, budget])).toEqual([
      [75, 'cap'],
      [90, 'cap'],
    ]);
    await expect(meter.reserve(callFor({ outputTokensAtMost: 4000 }))).rejects.toThrow('has no room');
    await expect(meter.reserve(callFor({ outputTokensAtMost: 4000 }))).rejects.toThrow('has no room');
    expect((await store.takeEvents()).map(({ level }) => level)).toEqual([100]);
    expect(await store.takeEvents()).toEqual([]);
    expect(await meter.shareUsed(callFor().spender)).toBeCloseTo(0.9, 9);
  });

  it('is not overspent by many replicas at once', async () => {
    await books.budget({ usd: 0.1 });
    await books.budget({ name: 'each workflow', scope: 'workflow', usd: 1 });
    const replicas = await Promise.all([books.replica(), books.replica(), books.replica()]);
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const { meter } = replicas[index % 3]!;
        const { spender } = callFor();
        const call = callFor({ spender: { ...spender, workflowId: `w${index % 7}` } });
        return Promise.resolve(meter.reserve(call)).then(
          (reservation) => reservation.settle(completed(usage(900, 100))).costUsd!,
          () => 0,
        );
      }),
    );
    await Promise.all(replicas.map(({ meter }) => meter.flush()));
    const { spent } = await books.one<{ spent: number }>(
      `select spent_usd::float8 as spent from budget_counter c join budget b on b.id = c.budget_id where b.name = 'cap'`,
    );
    const { ledger, reservations } = await books.totals();
    expect(spent).toBeLessThanOrEqual(0.1);
    expect(reservations).toBe(0);
    expect(ledger).toBeCloseTo(spent, 12);
    expect(ledger).toBeCloseTo(
      outcomes.reduce((sum, usd) => sum + usd, 0),
      9,
    );
  });
});

describe('a call whose proxy died', () => {
  it('is settled at its worst case as soon as the proxy is known to be dead', async () => {
    await books.budget({ usd: 1 });
    const first = await books.replica();
    await first.meter.reserve(callFor());
    const second = await books.replica();
    expect(await second.store.settleLost()).toBe(0);
    await first.kill();
    expect(await second.store.settleLost()).toBe(0);
    expect(await second.store.settleLost()).toBe(1);
    expect(await second.store.settleLost()).toBe(0);
    expect(await books.totals()).toEqual({
      reserved: 0,
      spent: worstUsd,
      reservations: 0,
      ledger: worstUsd,
      rows: 1,
    });
  });
});

describe('a call whose proxy died, to a provider that bills repeats once', () => {
  it('goes on under the same key and is counted once', async () => {
    await books.budget({ usd: 1 });
    const first = await books.replica();
    await first.meter.reserve(callFor({ idempotencyKey: 'run/node' }));
    await first.kill();
    const second = await books.replica();
    const reservation = await second.meter.reserve(callFor({ idempotencyKey: 'run/node' }));
    expect(await books.totals()).toMatchObject({ reserved: worstUsd, reservations: 1 });
    reservation.settle(completed(usage(100, 10)));
    await second.meter.flush();
    expect(await books.totals()).toEqual({ reserved: 0, spent: 0.0002, reservations: 0, ledger: 0.0002, rows: 1 });
  });

  it('stays accounted for when its repeat is refused', async () => {
    await books.budget({ usd: worstUsd });
    const first = await books.replica();
    await first.meter.reserve(callFor({ idempotencyKey: 'run/node' }));
    await first.kill();
    const second = await books.replica();
    const larger = callFor({ idempotencyKey: 'run/node', outputTokensAtMost: 200 });
    await expect(second.meter.reserve(larger)).rejects.toMatchObject({ failure: { code: 'budget_exceeded' } });
    expect(await books.totals()).toMatchObject({ reserved: worstUsd, reservations: 1 });
    await second.meter.reserve(callFor({ idempotencyKey: 'run/node' }));
    expect(await books.totals()).toMatchObject({ reserved: worstUsd, reservations: 1 });
  });

  it('is counted once also when it was settled and its caller never heard', async () => {
    await books.budget({ usd: 1 });
    const first = await books.replica();
    (await first.meter.reserve(callFor({ idempotencyKey: 'run/node' }))).settle(completed(usage(100, 10)));
    await first.meter.flush();
    await first.kill();
    const second = await books.replica();
    (await second.meter.reserve(callFor({ idempotencyKey: 'run/node' }))).settle(completed(usage(100, 20)));
    await second.meter.flush();
    expect(await books.totals()).toEqual({ reserved: 0, spent: 0.0003, reservations: 0, ledger: 0.0003, rows: 1 });
  });

  it('is answered again where the budget has no room left but for what it has cost already', async () => {
    await books.budget({ usd: worstUsd });
    const first = await books.replica();
    (await first.meter.reserve(callFor({ idempotencyKey: 'run/node' }))).settle(completed(usage(900, 90)));
    await first.meter.flush();
    await first.kill();
    const second = await books.replica();
    await expect(second.meter.reserve(callFor({ idempotencyKey: 'another' }))).rejects.toMatchObject({
      failure: { code: 'budget_exceeded' },
    });
    (await second.meter.reserve(callFor({ idempotencyKey: 'run/node' }))).settle(completed(usage(900, 90)));
    await second.meter.flush();
    expect(await books.totals()).toEqual({ reserved: 0, spent: 0.0018, reservations: 0, ledger: 0.0018, rows: 1 });
  });

  it('stays counted as it was answered when its repeat is lost', async () => {
    await books.budget({ usd: 1 });
    const first = await books.replica();
    (await first.meter.reserve(callFor({ idempotencyKey: 'run/node' }))).settle(completed(usage(900, 90)));
    await first.meter.flush();
    await first.kill();
    const second = await books.replica();
    await second.meter.reserve(callFor({ idempotencyKey: 'run/node' }));
    await second.kill();
    await books.pool.query(`update reservation set expires_at = now() - interval '1 second'`);
    const third = await books.replica();
    await third.store.settleLost();
    expect(await third.store.settleLost()).toBe(1);
    expect(await books.totals()).toEqual({ reserved: 0, spent: 0.0018, reservations: 0, ledger: 0.0018, rows: 1 });
  });

  it('needs no more for its repeat than its first attempt left', async () => {
    await books.budget({ usd: worstUsd });
    const first = await books.replica();
    const failed = { ...completed(usage(900, 90)), status: 'failed' } as const;
    (await first.meter.reserve(callFor({ idempotencyKey: 'run/node' }))).settle(failed);
    await first.meter.flush();
    await first.kill();
    const second = await books.replica();
    await second.meter.reserve(callFor({ idempotencyKey: 'run/node' }));
    expect((await books.totals()).reserved).toBeCloseTo(0.0002, 12);
    await second.kill();
    await books.pool.query(`update reservation set expires_at = now() - interval '1 second'`);
    const third = await books.replica();
    await third.store.settleLost();
    expect(await third.store.settleLost()).toBe(1);
    const { spent, ledger, ...rest } = await books.totals();
    expect([spent, ledger]).toEqual([expect.closeTo(worstUsd, 12), expect.closeTo(worstUsd, 12)]);
    expect(rest).toEqual({ reserved: 0, reservations: 0, rows: 1 });
  });

  it('is billed again while the process lives that made it', async () => {
    await books.budget({ usd: 1 });
    const { meter } = await books.replica();
    for (let count = 0; count < 2; count += 1)
      (await meter.reserve(callFor({ idempotencyKey: 'same' }))).settle(completed(usage(100, 10)));
    await meter.flush();
    expect(await books.totals()).toMatchObject({ ledger: 0.0004, rows: 2 });
  });

  it('is settled at its worst case when nobody comes back, and corrected when somebody does', async () => {
    await books.budget({ usd: 1 });
    const first = await books.replica();
    await first.meter.reserve(callFor({ idempotencyKey: 'run/node' }));
    await first.kill();
    const second = await books.replica();
    for (let look = 0; look < 2; look += 1) expect(await second.store.settleLost()).toBe(0);
    await books.pool.query(`update reservation set expires_at = now() - interval '1 second'`);
    expect(await second.store.settleLost()).toBe(1);
    expect(await books.totals()).toMatchObject({ reserved: 0, spent: worstUsd, ledger: worstUsd, reservations: 0 });
    const late = await books.replica();
    await second.kill();
    (await late.meter.reserve(callFor({ idempotencyKey: 'run/node' }))).settle(completed(usage(100, 10)));
    await late.meter.flush();
    expect(await books.totals()).toEqual({ reserved: 0, spent: 0.0002, reservations: 0, ledger: 0.0002, rows: 1 });
  });

  it('keeps a reservation as long as its process lives', async () => {
    await books.budget({ usd: 1 });
    const { meter, store } = await books.replica();
    const reservation = await meter.reserve(callFor());
    await books.pool.query(`update reservation set expires_at = now() - interval '1 second'`);
    for (let look = 0; look < 3; look += 1) expect(await store.settleLost()).toBe(0);
    reservation.settle(completed(usage(100, 10)));
    await meter.flush();
    expect(await books.totals()).toMatchObject({ spent: 0.0002, reservations: 0 });
  });
});
