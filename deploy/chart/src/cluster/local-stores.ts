import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@treadle/embedded-postgres';
import { findNatsServer } from '@treadle/nats-server';
import { startQdrantServer } from '@treadle/testing';
import { type Container, type KubeObject, podsOf } from '../objects.js';
import { watch } from './probe.js';

/** The stores of the chart, run on this machine. */
export interface LocalStores {
  readonly databaseUrl: string;
  readonly natsAddress: string;
  readonly qdrantUrl: string;
  stop(): Promise<void>;
}

export interface LocalStoresOptions {
  readonly objects: readonly KubeObject[];
  readonly folder: string;
  readonly natsAddress: string;
  /** A value of a Secret of the chart. */
  readonly secret: (name: string, key: string) => string;
}

/** PostgreSQL with the chart's settings, `nats-server` with the chart's configuration, and a small Qdrant with the chart's key. */
export async function startLocalStores({
  objects,
  folder,
  natsAddress,
  secret,
}: LocalStoresOptions): Promise<LocalStores> {
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    settings: settingsOf(storeContainer(objects, 'postgres')),
  });
  const nats = await startNats(objects, folder, natsAddress, secret);
  const qdrant = await startQdrantServer({ apiKey: secret('treadle-qdrant', 'apiKey') });
  return {
    databaseUrl: postgres.connectionString,
    natsAddress,
    qdrantUrl: qdrant.url,
    stop: async () => {
      nats.kill('SIGTERM');
      await Promise.all([postgres.stop(), qdrant.close()]);
    },
  };
}

function storeContainer(objects: readonly KubeObject[], component: string): Container {
  const pod = podsOf(objects).find((each) => each.component === component);
  const [container] = pod?.spec.containers ?? [];
  if (container) return container;
  throw new Error(`The chart has no ${component}.`);
}

/** `-c name=value` */
function settingsOf({ args = [] }: Container): Record<string, string> {
  const pairs = args
    .filter((arg) => arg !== '-c')
    .map((arg): [string, string] => {
      const [name = '', ...value] = arg.split('=');
      return [name, value.join('=')];
    });
  return Object.fromEntries(pairs);
}

async function startNats(
  objects: readonly KubeObject[],
  folder: string,
  address: string,
  secret: LocalStoresOptions['secret'],
): Promise<ChildProcess> {
  const program = findNatsServer();
  if (program === undefined) throw new Error('There is no nats-server: install it first.');
  const config = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.endsWith('-nats'));
  const data = join(folder, 'nats');
  await mkdir(data);
  writeFileSync(
    join(folder, 'nats.conf'),
    natsConfig(config?.data?.['nats.conf'] ?? '', { program, address, data, folder }),
  );
  const env = { NATS_SERVER_NAME: 'treadle-nats-0', NATS_PASSWORD: secret('treadle-nats', 'password') };
  const child = spawn(program, ['--config', join(folder, 'nats.conf')], { env, stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  const { readinessProbe } = storeContainer(objects, 'nats');
  const ready = new AbortController();
  if (!readinessProbe?.httpGet) throw new Error('NATS has no readiness probe.');
  const url = `http://${address}:8222${readinessProbe.httpGet.path}`;
  const ask = () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
  await watch({ probe: { periodSeconds: 0.2 }, ask, onChange: (ok) => ok && ready.abort(), signal: ready.signal });
  return child;
}

interface NatsPlace {
  readonly program: string;
  readonly address: string;
  readonly data: string;
  readonly folder: string;
}

/** The chart's configuration with this machine's folders and address. A server before 2.10 syncs as often as it likes. */
function natsConfig(config: string, { program, address, data, folder }: NatsPlace): string {
  const version = /v2\.(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }));
  const isOld = Number(version?.[1]) < 10;
  return config
    .replace('port: 4222', `host: "${address}"\nport: 4222`)
    .replace('http_port: 8222', `http: "${address}:8222"`)
    .replace('/data', data)
    .replace('/tmp/nats.pid', join(folder, 'nats.pid'))
    .replace(/^.*sync_interval.*$/m, (line) => (isOld ? '' : line));
}
