import { DocumentReader } from '@treadle/documents';
import { toFailure } from '@treadle/failure';
import { TenantHttp } from '@treadle/guarded-http';
import { asUnavailable, migrate, OwnerLock } from '@treadle/persistence';
import { KyselyDataKeyStore, parseKeyEncryptionKeys, Vault } from '@treadle/secrets';
import type { HealthRegistry } from '@treadle/telemetry';
import type { Pool } from 'pg';
import { RunDataController } from './api/run-data.controller.js';
import { ToolController, type ToolRegistryLog } from './api/tool.controller.js';
import { ToolAdminController } from './api/tool-admin.controller.js';
import { CallTool } from './domain/call-tool.js';
import { CredentialAdmin } from './domain/credential-admin.js';
import { tokenFetcher } from './domain/fetch-token.js';
import { Flights } from './domain/flights.js';
import type { Kinds } from './domain/kinds.js';
import { CredentialOpener } from './domain/open-credential.js';
import { PolicyAdmin } from './domain/policy-admin.js';
import { Tokens } from './domain/tokens.js';
import { ToolBreakers } from './domain/tool-breaker.js';
import { ToolFinder } from './domain/tool-finder.js';
import { ToolsetAdmin } from './domain/toolset-admin.js';
import { KyselyCredentialStore } from './infra/kysely-credential.store.js';
import { KyselyToolsetStore } from './infra/kysely-toolset.store.js';
import { ownerLockClass } from './infra/migrations/0002-calls.js';
import { toolRegistryMigrations, toolRegistrySchema } from './infra/migrations/index.js';
import { PostgresCallStore } from './infra/postgres-call.store.js';
import { PostgresCallChain } from './infra/postgres-call-chain.js';
import { PostgresCallsOfRuns } from './infra/postgres-calls-of-runs.js';
import { makeKinds } from './kinds/index.js';
import type { Runs } from './kinds/workflow/run-workflow.js';
import type { Workflows } from './kinds/workflow/workflow-tools.js';
import type { ToolRegistryConfig } from './tool-registry.config.js';

const tryAgainMs = 1_000;
const settleLostMs = 10_000;
const purgeMs = 600_000;
/** For the pages that are read; their processes start with the first one. */
const documentLimits = {
  processes: 2,
  timeoutSeconds: 30,
  memoryBytes: 512 * 1024 * 1024,
  mostBytes: 10_000_000,
  mostPages: 500,
};
/** Calls that are under way when the process stops may take this long. */
const lastCallsMs = 10_000;

export interface ToolRegistryParts {
  readonly config: ToolRegistryConfig;
  /** Made with `createPool(url, { schema: toolRegistrySchema })`; its giver's to end. */
  readonly pool: Pool;
  /** The orchestrator's, for published workflows as tools. */
  readonly runs: Runs;
  readonly workflows: Workflows;
  readonly log: ToolRegistryLog;
  readonly health?: HealthRegistry;
}

/** The service with its ports tied to their adapters. */
export class ToolRegistry {
  readonly controllers: {
    readonly tools: ToolController;
    readonly admin: ToolAdminController;
    readonly runData: RunDataController;
  };
  private readonly kinds: Kinds;
  private readonly flights = new Flights();
  private readonly http: TenantHttp;
  private readonly ownerLock: OwnerLock;
  private readonly calls: PostgresCallStore;
  private readonly timers: NodeJS.Timeout[] = [];
  private starting: Promise<void> | undefined;
  private stopped = false;

  /** Throws FailureError `invalid_argument` for a key-encryption key or an exception to the guard that is none. */
  constructor(private readonly parts: ToolRegistryParts) {
    const { config, pool, runs, workflows } = parts;
    const workflow = { runs, workflows, chain: new PostgresCallChain(pool) };
    this.kinds = makeKinds({ documents: new DocumentReader(documentLimits), workflow });
    this.http = new TenantHttp(config.httpAllow);
    parts.health?.register('tool-registry database', () => pool.query('select 1'));
    this.ownerLock = new OwnerLock(pool, ownerLockClass);
    this.calls = new PostgresCallStore(pool, this.ownerLock);
    this.controllers = this.makeControllers();
  }

  /** Resolves when the schema is up to date. A database that is away is awaited: until then calls fail as `unavailable`. */
  start(): Promise<void> {
    this.starting ??= this.begin();
    return this.starting;
  }

  /** Lets the last calls end and writes what became of them. Called after the servers have stopped. */
  async stop(): Promise<void> {
    this.stopped = true;
    // A migration that is under way needs its database a moment longer.
    await this.starting?.catch(() => undefined);
    for (const timer of this.timers) clearInterval(timer);
    await this.flights.close(lastCallsMs);
    for (const kind of Object.values(this.kinds)) await kind.close?.();
    await this.http.close();
    this.ownerLock.release();
  }

  private makeControllers() {
    const { config, pool, log } = this.parts;
    const { kinds, http, calls } = this;
    const store = new KyselyToolsetStore(pool);
    const credentialStore = new KyselyCredentialStore(pool);
    const keys = config.keyEncryptionKey ? parseKeyEncryptionKeys(config.keyEncryptionKey.reveal()) : [];
    const vault = new Vault(keys, new KyselyDataKeyStore(pool));
    const fetch = tokenFetcher(http, Date.now);
    const credentials = new CredentialOpener(
      vault,
      new Tokens({ vault, store: credentialStore, fetch, now: Date.now }),
    );
    const finder = new ToolFinder(store, kinds);
    const defaults = { timeoutMs: config.callTimeoutMs, breakerFailures: config.breakerFailures };
    const callTool = new CallTool({
      ...{ finder, kinds, calls, credentials, http, defaults },
      flights: this.flights,
      breakers: new ToolBreakers(config.breakerPauseMs, Date.now),
      maxAnswerBytes: config.maxAnswerBytes,
      takeOverMs: config.takeOverMs,
      queueMs: config.queueTimeoutMs,
    });
    const { discoveryTimeoutMs } = config;
    return {
      tools: new ToolController(finder, callTool, defaults, log),
      admin: new ToolAdminController({
        ...{ kinds, store, calls, finder, defaults },
        toolsets: new ToolsetAdmin({ store, kinds, credentials, http, discoveryTimeoutMs }),
        policies: new PolicyAdmin(store, finder),
        credentials: new CredentialAdmin({ toolsets: store, store: credentialStore, vault, opener: credentials, http }),
      }),
      runData: new RunDataController(new PostgresCallsOfRuns(pool)),
    };
  }

  private async begin(): Promise<void> {
    const done = this.parts.health?.beginStartup('tool-registry') ?? (() => undefined);
    while (!this.stopped && !(await this.prepare())) await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
    done();
    if (this.stopped) return;
    this.every(settleLostMs, () => this.settleLost());
    this.every(purgeMs, () =>
      this.calls.purge({ outcomes: this.parts.config.outcomeDays, calls: this.parts.config.callDays }),
    );
  }

  private async prepare(): Promise<boolean> {
    try {
      await migrate(this.parts.pool, toolRegistrySchema, toolRegistryMigrations);
      await this.ownerLock.take();
      return true;
    } catch (error) {
      const trouble = toFailure(asUnavailable(error));
      if (trouble.code !== 'unavailable') throw error;
      this.parts.log.warn({ reason: trouble.message }, 'the database cannot be reached; trying again');
      return false;
    }
  }

  private async settleLost(): Promise<void> {
    const calls = await this.calls.settleLost();
    if (calls > 0) this.parts.log.warn({ calls }, 'calls of a process that died were given up');
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
        if (toFailure(error).code !== 'unavailable')
          this.parts.log.error({ err: error }, 'the tool registry met a bug');
      } finally {
        running = false;
      }
    };
    this.timers.push(setInterval(() => void tick(), milliseconds).unref());
  }
}
