import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '@treadle/cli';
import { Child } from './child.js';
import { freePorts } from './free-ports.js';
import { apiKey, type System, untilReady } from './system.js';

export interface StandaloneOptions {
  /** Address of the model server; absent leaves the demo model alone. */
  readonly modelUrl?: string;
  /** Absent lets Treadle make a key and print it. */
  readonly apiKey?: string;
  /** How much of the end of its log is kept; absent for what an error needs to show. */
  readonly keptLogBytes?: number;
  /** More settings. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Standalone on a data folder of its own, to be started, ended and started again. */
export class StandaloneProcess {
  private current: Child | undefined;

  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly keptLogBytes: number | undefined,
  ) {}

  /** Nothing runs yet. */
  static async prepare(options: StandaloneOptions = {}): Promise<StandaloneProcess> {
    const [port] = await freePorts(1);
    const folder = await mkdtemp(join(tmpdir(), 'treadle-e2e-'));
    const environment = {
      TREADLE_HTTP_PORT: String(port),
      TREADLE_DATA_DIR: folder,
      ...(options.apiKey && { TREADLE_API_KEY: options.apiKey }),
      ...(options.modelUrl && { OPENAI_BASE_URL: options.modelUrl, OPENAI_API_KEY: 'unused' }),
      ...options.environment,
    };
    return new StandaloneProcess(`http://127.0.0.1:${port}`, folder, environment, options.keptLogBytes);
  }

  /** Starts it and waits until it takes work. */
  async start(): Promise<Child> {
    const child = new Child('services/standalone/dist/main.js', [], this.environment, this.keptLogBytes);
    this.current = child;
    await untilReady(this.url, child);
    return child;
  }

  /** @throws Error with the log when it has ended before. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.current;
    this.current = undefined;
    if (child?.hasEnded) throw new Error(`Standalone ended by itself. ${child.log()}`);
    return (await child?.end(signal)) ?? null;
  }

  log(): string {
    return this.current?.log() ?? 'It is not running.';
  }

  /** Ends what still runs and deletes the data. */
  async remove(): Promise<void> {
    try {
      await this.end('SIGTERM');
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}

/** One process, killed and started again as a whole. */
export async function startStandaloneSystem(
  modelUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<System> {
  const standalone = await StandaloneProcess.prepare({ modelUrl, apiKey, environment });
  await standalone.start();
  return {
    api: new ApiClient({ url: standalone.url, apiKey }),
    url: standalone.url,
    roles: ['standalone'],
    killAndRestart: async () => {
      await standalone.end('SIGKILL');
      await standalone.start();
    },
    log: () => standalone.log(),
    stop: () => standalone.remove(),
  };
}
