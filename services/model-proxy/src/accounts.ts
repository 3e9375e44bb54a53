import { budgetAlertsSubject } from '@treadle/contracts';
import { toFailure } from '@treadle/failure';
import type { MessageBus } from '@treadle/messaging';
import { asUnavailable, migrate, OwnerLock } from '@treadle/persistence';
import { KyselyDataKeyStore, parseKeyEncryptionKeys, Vault } from '@treadle/secrets';
import type { HealthRegistry } from '@treadle/telemetry';
import type { Pool } from 'pg';
import { ModelAdminController } from './api/model-admin.controller.js';
import { RunDataController } from './api/run-data.controller.js';
import { Meter } from './domain/meter.js';
import type { Provider } from './domain/provider.js';
import { ProviderAdmin } from './domain/provider-admin.js';
import { SetupAdmin } from './domain/setup-admin.js';
import { DefaultPrices } from './infra/default-prices.js';
import { KyselyBudgetRepository } from './infra/kysely-budget.repository.js';
import { KyselySetupRepository } from './infra/kysely-setup.repository.js';
import { MemoryResponseCache } from './infra/memory-response-cache.js';
import { ownerLockClass } from './infra/migrations/0003-counter-functions.js';
import { modelProxyMigrations, modelProxySchema } from './infra/migrations/index.js';
import { PostgresResponseCache } from './infra/postgres-response-cache.js';
import { PostgresRunData } from './infra/postgres-run-data.js';
import { PostgresSpendingStore } from './infra/postgres-spending.store.js';
import { SetupCache } from './infra/setup-cache.js';
import { queryUsage } from './infra/usage-query.js';
import type { ModelProxyConfig } from './model-proxy.config.js';
import { configuredProviders } from './providers/catalog.js';
import { savedProviders } from './providers/saved-providers.js';

const tryAgainMs = 1000;
const refreshMs = 1000;
/** A proxy whose database was away is back before the second of two looks. */
const settleLostMs = 5000;
const purgeMs = 60_000;

export interface AccountsOptions {
  readonly config: ModelProxyConfig;
  /** Made with `createPool(url, { schema: modelProxySchema })`; its giver's to end. */
  readonly pool: Pool;
  /** Where passed thresholds are announced; its giver's to close. */
  readonly bus: MessageBus;
  readonly log: {
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
  readonly health?: HealthRegistry;
}

/** All that the proxy keeps in PostgreSQL: what tenants have set up, and what their calls spend. */
export class Accounts {
  readonly meter: Meter;
  readonly setup: SetupCache;
  readonly cache: PostgresResponseCache;
  readonly admin: ModelAdminController;
  readonly runData: RunDataController;
  private readonly ownerLock: OwnerLock;
  private readonly spending: PostgresSpendingStore;
  private readonly timers: NodeJS.Timeout[] = [];
  private starting: Promise<void> | undefined;
  private stopped = false;

  /** Throws FailureError `invalid_argument` for a key-encryption key that is none. */
  constructor(private readonly options: AccountsOptions) {
    const { config, pool, log } = options;
    const repository = new KyselySetupRepository(pool);
    const vault = new Vault(keysOf(config), new KyselyDataKeyStore(pool));
    const setup = new SetupCache({ repository, vault, log, defaults: new DefaultPrices() });
    this.setup = setup;
    this.cache = new PostgresResponseCache(pool, new MemoryResponseCache(), log);
    this.runData = new RunDataController(new PostgresRunData(pool, this.cache));
    this.ownerLock = new OwnerLock(pool, ownerLockClass);
    this.spending = new PostgresSpendingStore(pool, this.ownerLock);
    this.meter = new Meter({
      store: this.spending,
      prices: setup,
      hasBudgets: (tenantId) => setup.hasBudgets(tenantId),
      outputTokensAtMost: config.budgetedOutputTokens,
      log,
    });
    this.admin = this.makeAdmin(repository, vault);
  }

  /** Resolves when the schema is up to date. A database that is away is awaited: until then calls fail as `unavailable`. */
  start(): Promise<void> {
    this.starting ??= this.begin();
    return this.starting;
  }

  /** Writes what is settled, then lets go of this process's number. Called after the last call has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    // A migration that is under way needs its database a moment longer.
    await this.starting?.catch(() => undefined);
    for (const timer of this.timers) clearInterval(timer);
    await this.cache.settled();
    await this.meter.stop();
    this.ownerLock.release();
  }

  private async begin(): Promise<void> {
    const done = this.options.health?.beginStartup('model-proxy') ?? (() => undefined);
    while (!this.stopped && !(await this.prepare())) await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
    done();
    if (this.stopped) return;
    this.every(refreshMs, () => this.setup.refresh());
    this.every(refreshMs, () => this.announce());
    this.every(settleLostMs, () => this.settleLost());
    this.every(purgeMs, async () => void (await this.cache.purge()));
  }

  private makeAdmin(repository: KyselySetupRepository, vault: Vault): ModelAdminController {
    const { config, pool } = this.options;
    const budgets = new KyselyBudgetRepository(pool, repository);
    const environment = environmentNames(config);
    const changed = (tenantId: string) => this.setup.renew(tenantId);
    const providerNames = async (tenantId: string) => {
      const { providers } = await this.setup.setup(tenantId);
      return [...environment, ...providers.map(({ name }) => name)];
    };
    return new ModelAdminController({
      repository,
      budgets,
      providers: new ProviderAdmin({
        repository,
        vault,
        changed,
        store: this.setup,
        make: savedProviders(config),
        fromEnvironment: (name) => environmentProvider(config, name),
      }),
      setup: new SetupAdmin({ repository, budgets, providerNames, changed }),
      queryUsage: (question) => queryUsage(pool, question),
      environmentProviders: () => environment,
    });
  }

  private async prepare(): Promise<boolean> {
    try {
      await migrate(this.options.pool, modelProxySchema, modelProxyMigrations);
      await this.ownerLock.take();
      this.setup.open();
      return true;
    } catch (error) {
      const trouble = toFailure(asUnavailable(error));
      if (trouble.code !== 'unavailable') throw error;
      this.options.log.warn({ reason: trouble.message }, 'the database cannot be reached; trying again');
      return false;
    }
  }

  private async announce(): Promise<void> {
    for (const { tenantId, budget, scope, subject, periodStart, level, at } of await this.spending.takeEvents()) {
      this.options.log.warn({ tenantId, budget, scope, subject, level }, 'a budget passed a threshold');
      const moments = { periodStartUnixMs: Math.max(0, periodStart.getTime()), atUnixMs: at.getTime() };
      this.options.bus.publish(budgetAlertsSubject(tenantId), { tenantId, budget, scope, subject, level, ...moments });
    }
  }

  private async settleLost(): Promise<void> {
    const calls = await this.spending.settleLost();
    if (calls > 0) this.options.log.warn({ calls }, 'calls of a process that died were settled at their worst case');
  }

  /** One at a time; what the database being away prevents is done when it is back. */
  private every(milliseconds: number, act: () => Promise<void>): void {
    let running = false;
    const tick = async () => {
      if (running) return;
      running = true;
      try {
        await act();
      } catch (error) {
        if (toFailure(error).code !== 'unavailable') this.options.log.error({ err: error }, 'the accounts met a bug');
      } finally {
        running = false;
      }
    };
    this.timers.push(setInterval(() => void tick(), milliseconds).unref());
  }
}

function keysOf({ keyEncryptionKey }: ModelProxyConfig) {
  return keyEncryptionKey ? parseKeyEncryptionKeys(keyEncryptionKey.reveal()) : [];
}

/** The one of this name; the others are closed. */
function environmentProvider(config: ModelProxyConfig, name: string): Provider | undefined {
  const providers = configuredProviders(config);
  for (const provider of providers) if (provider.name !== name) void provider.close('now');
  return providers.find((provider) => provider.name === name);
}

function environmentNames(config: ModelProxyConfig): string[] {
  const providers = configuredProviders(config);
  // Only their names are wanted here; the ones that serve are made elsewhere.
  for (const provider of providers) void provider.close('now');
  return providers.map(({ name }) => name);
}
