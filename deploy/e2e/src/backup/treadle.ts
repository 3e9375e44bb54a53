import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type QdrantServer, startModelServer, startQdrantServer } from '@treadle/testing';
import { freePorts } from '../free-ports.js';
import { type ModelProcess, startModelProcess } from '../model-process.js';
import { startProcessesSystem } from '../processes-system.js';
import { startStandaloneSystem } from '../standalone-system.js';
import type { System } from '../system.js';
import { atHome, type ChartJobs, type Places } from './chart-jobs.js';
import { FullPostgres } from './full-postgres.js';

export type Mode = 'standalone' | 'processes';

/** Treadle on stores that can be lost, with the Secrets of an installed chart. */
export class LosableTreadle {
  qdrant!: QdrantServer;
  postgres!: FullPostgres;
  private running: System | undefined;
  private stores = 0;

  private constructor(
    readonly places: Places,
    private readonly jobs: ChartJobs,
    private readonly mode: Mode,
    private readonly folder: string,
    private readonly models: ModelProcess,
    /** A provider that refuses whoever has not its key. */
    readonly provider: { readonly url: string; readonly key: string; stop(): Promise<void> },
  ) {}

  /** Its stores run, and it does not. @param folder for its data, made and removed by others */
  static async prepare(jobs: ChartJobs, mode: Mode, folder: string, programs: string): Promise<LosableTreadle> {
    const [port] = await freePorts(1);
    const key = `sk-${randomBytes(12).toString('hex')}`;
    const [models, provider] = await Promise.all([
      startModelProcess({ latencyMs: 1500 }),
      startModelServer({ apiKey: key }),
    ]);
    const backups = join(folder, 'backups');
    mkdirSync(backups);
    const places = { postgres: `127.0.0.1:${port}`, qdrant: '', programs, backups };
    const given = { url: provider.url, key, stop: () => provider.close() };
    const treadle = new LosableTreadle(places, jobs, mode, folder, models, given);
    await treadle.startStores();
    return treadle;
  }

  get api() {
    return this.system.api;
  }

  get url() {
    return this.system.url;
  }

  /** PostgreSQL and Qdrant without anything in them. */
  async startStores(): Promise<void> {
    this.stores += 1;
    const url = new URL(atHome(this.jobs.secret('treadle-postgres', 'url'), this.places));
    this.postgres = new FullPostgres(url, this.places.programs, join(this.folder, `postgres-${this.stores}`));
    await this.postgres.start();
    this.qdrant = await startQdrantServer({ apiKey: this.jobs.secret('treadle-qdrant', 'apiKey') });
    Object.assign(this.places, { qdrant: new URL(this.qdrant.url).host });
  }

  /** Treadle itself, with its files where they were. A NATS is new each time. */
  async start(): Promise<void> {
    const environment = {
      DATABASE_URL: atHome(this.jobs.secret('treadle-postgres', 'url'), this.places),
      FILES_URL: `file://${join(this.folder, 'files')}`,
      QDRANT_API_KEY: this.jobs.secret('treadle-qdrant', 'apiKey'),
      QDRANT_URL: this.qdrant.url,
      TREADLE_HTTP_ALLOW: '127.0.0.1',
      TREADLE_KEY_ENCRYPTION_KEY: this.jobs.secret('treadle-key-encryption', 'key'),
      TREADLE_VECTOR_STORE: 'qdrant',
    };
    this.running =
      this.mode === 'standalone'
        ? await startStandaloneSystem(this.models.url, environment)
        : await startProcessesSystem(this.models.url, { environment });
  }

  async stop(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    await running?.stop();
  }

  /** Everything but files, backups and Secrets is gone. */
  async lose(): Promise<void> {
    await this.stop();
    await this.postgres.stop();
    await this.qdrant.close();
    rmSync(join(this.folder, `postgres-${this.stores}`), { recursive: true });
  }

  private get system(): System {
    if (this.running) return this.running;
    throw new Error('Treadle does not run.');
  }

  async end(): Promise<void> {
    await this.stop();
    await Promise.all([this.postgres.stop(), this.qdrant.close(), this.models.stop(), this.provider.stop()]);
  }
}
