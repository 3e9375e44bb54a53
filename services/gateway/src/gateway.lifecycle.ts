import { type BeforeApplicationShutdown, Logger, type OnModuleInit } from '@nestjs/common';
import { toFailure } from '@treadle/failure';
import { migrate } from '@treadle/persistence';
import type { HealthRegistry } from '@treadle/telemetry';
import type { AuditKeeping } from './domain/audit/audit-keeping.js';
import type { GatewayPorts } from './gateway-ports.js';
import type { Identity } from './identity.js';
import { gatewayMigrations, gatewaySchema } from './infra/migrations/index.js';
import type { OpenStreams } from './streaming/open-streams.js';

const noteUseEveryMs = 60_000;
const noteDenialsEveryMs = 10_000;
const purgeEveryMs = 600_000;
const tryAgainMs = 1000;

/** Brings the schema up to date and lets the first caller in; ends streams before the server closes. */
export class GatewayLifecycle implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Gateway');
  private noting: NodeJS.Timeout | undefined;
  private purging: NodeJS.Timeout | undefined;
  private counting: NodeJS.Timeout | undefined;
  private trying: NodeJS.Timeout | undefined;

  constructor(
    private readonly ports: GatewayPorts,
    private readonly identity: Identity,
    private readonly audit: AuditKeeping,
    private readonly streams: OpenStreams,
    private readonly health?: HealthRegistry,
  ) {}

  /** A database that is away is awaited beside everything else: until then callers get 503 and health says why. */
  async onModuleInit(): Promise<void> {
    const { pool, bus } = this.ports;
    this.health?.register('gateway database', () => pool.query('select 1'));
    this.health?.register('gateway bus', async () => {
      if (!bus.isReady()) throw new Error('not connected');
    });
    await this.prepare(this.health?.beginStartup('gateway') ?? (() => undefined));
    // When a key was last used is nice to know: losing a note costs nothing.
    this.noting = setInterval(() => void this.identity.keys.noteUse().catch(() => undefined), noteUseEveryMs).unref();
    this.counting = setInterval(() => void this.audit.flush().catch(() => undefined), noteDenialsEveryMs).unref();
    this.purging = setInterval(() => void this.purge().catch(() => undefined), purgeEveryMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.trying);
    clearInterval(this.noting);
    clearInterval(this.purging);
    clearInterval(this.counting);
    this.streams.stop();
    await this.identity.keys.noteUse().catch(() => undefined);
    await this.audit.flush(true).catch(() => undefined);
  }

  private async purge(): Promise<void> {
    await this.identity.purge();
    for (const [tenantId, error] of await this.audit.sign()) {
      const { code } = toFailure(error);
      // Without a key-encryption key nothing is signed; what cannot be reached now is signed the next time.
      if (code !== 'unavailable') this.logger.error({ err: error, tenantId }, 'an audit log cannot be signed');
    }
    await this.audit.retire();
  }

  private async prepare(done: () => void): Promise<void> {
    try {
      await migrate(this.ports.pool, gatewaySchema, gatewayMigrations);
      const made = await this.identity.prepare(this.ports.apiKey);
      if (made !== undefined) this.ports.onFirstKey(made);
      done();
    } catch (error) {
      if (toFailure(error).code !== 'unavailable') throw error;
      this.logger.warn(`The database cannot be reached; trying again until it can. ${toFailure(error).message}`);
      this.trying = setTimeout(() => void this.prepare(done).catch((bug) => this.logger.error(bug)), tryAgainMs);
    }
  }
}
