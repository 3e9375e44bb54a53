import { inspect } from 'node:util';
import { Budget, type BudgetAlert, budgetAlertsSubject, Price, Provider } from '@treadle/contracts';
import { type ModelServer, startModelServer } from '@treadle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccountsUnderTest } from './accounts-under-test.js';
import { callFor } from './books.js';

let test: AccountsUnderTest;
let server: ModelServer;
const apiKey = 'sk-a-secret-key-1234';
const tenantId = 'acme';
const page = { tenantId, cursor: '', limit: 10 };

beforeEach(async () => {
  [test, server] = await Promise.all([AccountsUnderTest.open(), startModelServer({ apiKey })]);
});
afterEach(async () => {
  await Promise.all([test.close(), server.close()]);
});

const provider = (values: Partial<Provider> = {}) =>
  Provider.fromPartial({ name: 'own', kind: 'openai-compatible', baseUrl: server.url, ...values });
const save = (values: Partial<Provider> = {}, key: string | undefined = apiKey) => ({
  tenantId,
  provider: provider(values),
  testModel: '',
  ...(key !== undefined && { apiKey: key }),
});

describe('providers', () => {
  it('are tested, saved with a sealed key, and never show it', async () => {
    const { admin, accounts, pool } = await test.replica();
    const saved = await admin.saveProvider({ ...save(), testModel: 'small' });
    expect(saved).toMatchObject({
      provider: { name: 'own', keyHint: '…1234' },
      test: { text: expect.stringContaining('You said') },
    });
    const listed = await admin.listProviders(page);
    expect(listed.providers.map(({ name, fromEnvironment }) => [name, fromEnvironment])).toEqual([
      ['local', true],
      ['demo', true],
      ['own', false],
    ]);
    const { rows } = await pool.query('select * from provider');
    const tested = await admin.testProvider({ tenantId, name: 'own', model: '' });
    expect(tested.test?.models).toEqual(['small', 'large']);
    const setup = await accounts.setup.setup(tenantId);
    expect(setup.providers[0]?.apiKey?.reveal()).toBe(apiKey);
    expect(inspect([saved, listed, rows, tested, setup, test.logged], { depth: 10 })).not.toContain(apiKey);
  });

  it.each([
    ['a wrong key', {}, 'sk-wrong', 'api_key'],
    ['a dead address', { baseUrl: 'http://127.0.0.1:1' }, apiKey, 'base_url'],
    ['an unknown kind', { kind: 'nonsense' }, apiKey, 'kind'],
    [
      'a promise about repeats that its protocol cannot keep',
      { kind: 'ollama', mergesRepeats: true },
      apiKey,
      'merges_repeats',
    ],
    ['an address with a password', { baseUrl: 'http://u:p@127.0.0.1:1' }, apiKey, 'base_url'],
    ['a name with a slash', { name: 'a/b' }, apiKey, 'name'],
    ['the name of a provider of the environment', { name: 'demo' }, apiKey, 'name'],
  ])('are not saved with %s', async (_, values, key, field) => {
    const { admin } = await test.replica();
    await expect(admin.saveProvider(save(values, key))).rejects.toMatchObject({
      failure: { code: 'invalid_argument', field },
    });
    expect((await admin.listProviders(page)).providers).toHaveLength(2);
  });

  it('are believed to bill repeats once only where an administrator says so', async () => {
    const { admin, accounts } = await test.replica();
    for (const mergesRepeats of [true, false]) {
      const { provider: saved } = await admin.saveProvider(save({ mergesRepeats }));
      expect(saved).toMatchObject({ mergesRepeats });
      expect((await accounts.setup.setup(tenantId)).providers).toMatchObject([{ name: 'own', mergesRepeats }]);
    }
  });

  it('keep their key while their host stays, and ask for it again when it changes', async () => {
    const { admin, accounts } = await test.replica();
    await admin.saveProvider(save());
    await admin.saveProvider({ ...save({ baseUrl: `${server.url}/` }), apiKey: undefined });
    const elsewhere = await startModelServer();
    try {
      const moved = { ...save({ baseUrl: elsewhere.url }), apiKey: undefined };
      await expect(admin.saveProvider(moved)).rejects.toMatchObject({ failure: { field: 'api_key' } });
      expect(elsewhere.requests).toEqual([]);
    } finally {
      await elsewhere.close();
    }
    expect((await accounts.setup.setup(tenantId)).providers[0]?.apiKey?.reveal()).toBe(apiKey);
  });

  it('do not give their key to a host that was written into the row', async () => {
    const { admin, pool } = await test.replica();
    await admin.saveProvider(save());
    await pool.query(`update provider set base_url = 'http://evil.example'`);
    const { accounts } = await test.replica();
    expect((await accounts.setup.setup(tenantId)).providers[0]?.apiKey).toBeUndefined();
  });

  it('change for every replica without a restart', async () => {
    const [one, two] = [await test.replica(), await test.replica()];
    await one.admin.saveProvider(save());
    const heard: string[] = [];
    await vi.waitFor(async () => expect((await two.accounts.setup.setup(tenantId)).providers).toHaveLength(1), 5000);
    two.accounts.setup.onChange((tenant, { providers }) => heard.push(`${tenant} ${providers.length}`));
    await one.admin.deleteProvider({ tenantId, name: 'own' });
    await vi.waitFor(() => expect(heard).toEqual(['acme 0']), 5000);
    expect((await one.accounts.setup.setup(tenantId)).providers).toEqual([]);
  });

  it('belong to their tenant', async () => {
    const { admin } = await test.replica();
    await admin.saveProvider(save());
    const { providers } = await admin.listProviders({ ...page, tenantId: 'other' });
    expect(providers.every(({ fromEnvironment }) => fromEnvironment)).toBe(true);
    await expect(admin.deleteProvider({ tenantId: 'other', name: 'own' })).rejects.toMatchObject({
      failure: { code: 'not_found' },
    });
  });
});

describe('routes, prices and budgets', () => {
  it('save routes with known targets only, in pages', async () => {
    const { admin } = await test.replica();
    const target = { provider: 'demo', model: 'demo', weight: 1, order: 0 };
    for (const name of ['a', 'b', 'c'])
      await admin.saveRoute({
        tenantId,
        route: { name, targets: [target], rulesJson: '{"cache":{"ttl_seconds":60}}', updatedAtUnixMs: 0 },
      });
    const first = await admin.listRoutes({ tenantId, cursor: '', limit: 2 });
    expect(first.routes.map(({ name }) => name)).toEqual(['a', 'b']);
    const second = await admin.listRoutes({ tenantId, cursor: first.nextCursor, limit: 2 });
    expect(second).toMatchObject({
      routes: [{ name: 'c', targets: [target], rulesJson: '{"cache":{"ttl_seconds":60}}' }],
      nextCursor: '',
    });
    const unknown = { name: 'd', targets: [{ ...target, provider: 'nobody' }], rulesJson: '', updatedAtUnixMs: 0 };
    await expect(admin.saveRoute({ tenantId, route: unknown })).rejects.toMatchObject({
      failure: { field: 'targets[0].provider' },
    });
  });

  it('keep every version of a price and use the newest, until it is withdrawn', async () => {
    const { admin, accounts } = await test.replica();
    await accounts.setup.setup(tenantId);
    const priceOf = () => accounts.setup.find({ tenantId, provider: 'openai', kind: 'openai', model: 'gpt-4o-mini' });
    const million = { inputTokens: 1e6, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 };
    expect(priceOf()?.cost(million)).toBeCloseTo(0.15, 9);
    for (const inputPerMillion of [1, 2])
      await admin.savePrice({
        tenantId,
        price: Price.fromPartial({ provider: '', model: 'gpt-4o*', inputPerMillion }),
      });
    expect(priceOf()).toMatchObject({ version: 'override 2 of any/gpt-4o*' });
    expect(priceOf()?.cost(million)).toBe(2);
    expect((await admin.listPrices(page)).prices).toMatchObject([{ model: 'gpt-4o*', version: 2, inputPerMillion: 2 }]);
    await admin.deletePrice({ tenantId, provider: '', model: 'gpt-4o*' });
    expect(priceOf()?.cost(million)).toBeCloseTo(0.15, 9);
  });

  it('count from their creation on, show how full they are, and announce thresholds on the bus', async () => {
    const { admin, accounts } = await test.replica();
    const alerts: BudgetAlert[] = [];
    await test.bus.subscribe(budgetAlertsSubject(tenantId), (alert) => alerts.push(alert));
    const call = callFor({ model: 'gpt-4o-mini', inputTokensAtMost: 1_000_000, outputTokensAtMost: 0 });
    const spend = async () => {
      (await accounts.meter.reserve(call)).settle({
        status: 'completed',
        usage: undefined,
        latencyMs: 10,
        firstTokenMs: 2,
      });
      await accounts.meter.flush();
    };
    await spend();
    const budget = Budget.fromPartial({ name: 'cap', scope: 'tenant', subject: '*', period: 'month', limitUsd: 0.2 });
    await admin.saveBudget({ tenantId, budget });
    await spend();
    await vi.waitFor(() => expect(alerts).toMatchObject([{ budget: 'cap', level: 75, scope: 'tenant' }]), 5000);
    const { budgets } = await admin.listBudgets(page);
    expect(budgets).toMatchObject([{ thresholds: [75, 90], state: { spentUsd: 0.15, reservedUsd: 0, level: 75 } }]);
    await expect(accounts.meter.reserve(call)).rejects.toMatchObject({ failure: { code: 'budget_exceeded' } });
    await admin.saveBudget({ tenantId, budget: { ...budget, limitUsd: 1 } });
    await spend();
    const usage = await admin.queryUsage({
      tenantId,
      fromUnixMs: 0,
      toUnixMs: Date.now() + 1000,
      groupBy: ['model', 'workflow'],
      filter: { status: 'completed' },
      limit: 10,
    });
    expect(usage.groups).toMatchObject([
      { group: { model: 'gpt-4o-mini', workflow: 'w1' }, calls: 3, inputTokens: 3_000_000, meanLatencyMs: 10 },
    ]);
    expect(usage.groups[0]?.costUsd).toBeCloseTo(0.45, 9);
  });

  it.each([
    ['scope', { scope: 'planet' }],
    ['subject', { subject: 'x' }],
    ['period', { period: 'week' }],
    ['limit_usd', { limitUsd: undefined }],
    ['limit_usd', { limitUsd: -1 }],
    ['thresholds', { thresholds: [0] }],
  ])('refuse a budget with a wrong %s', async (field, values) => {
    const { admin } = await test.replica();
    const good = { name: 'cap', scope: 'tenant', subject: '*', period: 'month', limitUsd: 1 };
    const saving = admin.saveBudget({ tenantId, budget: Budget.fromPartial({ ...good, ...values }) });
    await expect(saving).rejects.toMatchObject({ failure: { code: 'invalid_argument', field } });
  });
});
