import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from '@treadle/cli';
import { startEmbeddedPostgres } from '@treadle/embedded-postgres';
import { StandaloneProcess } from '../standalone-system.js';
import { apiKey } from '../system.js';
import { type ApiRoute, routesOf } from './api-routes.js';
import type { Answer } from './attack.js';
import { type Belongings, furnish } from './belongings.js';
import { Database } from './database.js';
import { type Part, type Sent, send, sendBytes } from './send.js';

/** The tokens of somebody who signed in. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly user_id: string;
  readonly organisation: string;
}

/** An organisation with one of everything. */
export interface Organisation {
  readonly id: string;
  /** A credential of its owner. */
  readonly owner: string;
  /** In the names of all that belongs to it. */
  readonly mark: string;
  readonly has: Belongings;
}

/** What is attacked: a whole Treadle with two organisations, one of which means ill. */
export interface Site {
  readonly url: string;
  readonly port: number;
  readonly victim: Organisation;
  readonly attacker: Organisation;
  readonly routes: readonly ApiRoute[];
  readonly database: Database;
  send(sent: Sent): Promise<Answer>;
  sendBytes(parts: readonly Part[], quietMs?: number): Promise<string>;
  /** Somebody of the first organisation with this role, who has come in. */
  join(role: string): Promise<Tokens>;
  /** All that it logged. */
  log(): string;
  /** Throws when the process is not the one that was started. */
  checkAlive(): void;
  stop(): Promise<void>;
}

/** Web pages that may call, which the settings name. */
export const allowedOrigin = 'https://app.example.com';

/** Patience of the HTTP server, short so that slow attacks are soon over. */
const settings = {
  TREADLE_HTTP_HEADER_TIMEOUT_SECONDS: '1',
  TREADLE_HTTP_BODY_TIMEOUT_SECONDS: '1',
  TREADLE_HTTP_UPLOAD_TIMEOUT_SECONDS: '2',
  // So that each attack can come from an address of its own.
  TREADLE_TRUSTED_PROXIES: '127.0.0.1',
  TREADLE_CORS_ORIGINS: allowedOrigin,
  // As where strangers come: no model server of this machine may be named.
  TREADLE_MODEL_HTTP_ALLOW: 'models.example.com',
  TREADLE_PUBLIC_URL: 'https://treadle.example.com',
  TREADLE_LOG_LEVEL: 'debug',
  TREADLE_INDEX_POLL_MS: '100',
  // How busy the machine is, is not what is tried here.
  TREADLE_ADMISSION_TOLERANCE: '20',
  TREADLE_RATE_LIMITS: 'address.all=1000000/60',
};

/** Starts a standalone with a database of its own and furnishes two organisations. */
export async function openSite(more: Readonly<Record<string, string>> = {}): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'treadle-attacks-'));
  const postgres = await startEmbeddedPostgres({ dataDir: folder, settings: { fsync: 'off' } });
  const standalone = await StandaloneProcess.prepare({
    apiKey,
    keptLogBytes: Number.POSITIVE_INFINITY,
    environment: { DATABASE_URL: postgres.connectionString, ...settings, ...more },
  });
  const stop = async () => {
    await standalone.remove();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const child = await standalone.start();
    const database = await Database.open(postgres.connectionString);
    const port = Number(new URL(standalone.url).port);
    const { url } = standalone;
    const api = new ApiClient({ url, apiKey });
    const checkAlive = () => {
      if (child.hasEnded) throw new Error(`Standalone has ended. ${child.log()}`);
    };
    return {
      ...{ url, port, database, checkAlive },
      victim: { id: 'default', owner: apiKey, mark: 'victim', has: await furnish(url, apiKey, 'victim') },
      attacker: await another(api, url),
      routes: routesOf(await api.send('/api/docs-json')),
      send: (sent) => patiently(port, sent),
      sendBytes: (parts, quietMs) => sendBytes(port, parts, quietMs),
      join: (role) => joinAs(api, role),
      log: () => child.stderr,
      stop: async () => {
        await database.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Comes again when the server says that it has too much to do: on a busy machine that is no refusal of what was asked. */
async function patiently(port: number, sent: Sent): Promise<Answer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await send(port, sent);
    if (answer.status !== 503 || attempt === 80) return answer;
    await delay(250);
  }
}

interface Invited {
  readonly invitation: { readonly token: string };
}

async function another(api: ApiClient, url: string): Promise<Organisation> {
  const json = { name: 'attacker', owner_email: 'attacker@example.com' };
  const made = await api.send<{ id: string; owner: Invited }>('/api/v1/organisations', { method: 'POST', json });
  const { access_token: owner } = await accept(api, made.owner);
  return { id: made.id, owner, mark: 'attacker', has: await furnish(url, owner, 'attacker') };
}

/** Comes in by an invitation. */
export function accept(api: ApiClient, { invitation }: Invited): Promise<Tokens> {
  const json = { token: invitation.token, password: 'a password that is long' };
  return api.send<Tokens>('/api/v1/auth/accept-invitation', { method: 'POST', json });
}

async function joinAs(api: ApiClient, role: string): Promise<Tokens> {
  const email = `${role}-${randomBytes(4).toString('hex')}@example.com`;
  return accept(api, await api.send<Invited>('/api/v1/users', { method: 'POST', json: { email, role } }));
}
