import { randomBytes } from 'node:crypto';
import { openSite } from '../attacks/site.js';
import { startEchoServer } from './echo-server.js';
import {
  type Ground,
  plantCalls,
  plantKeys,
  plantMcpServers,
  plantPeople,
  plantProviders,
  plantTools,
  plantWebhooks,
  talk,
} from './plant.js';
import { Planted } from './planted.js';
import { search, summary } from './search.js';

export interface SecretsReport {
  readonly planted: number;
  /** How often a server was asked with one, and repeated it in its refusal. */
  readonly repeated: number;
  readonly problems: readonly string[];
}

/** Secrets in the settings. */
function settings(planted: Planted): Readonly<Record<string, string>> {
  return {
    TREADLE_HTTP_ALLOW: '127.0.0.1',
    TREADLE_MODEL_HTTP_ALLOW: '127.0.0.1',
    TREADLE_LOG_LEVEL: 'trace',
    TREADLE_KEY_ENCRYPTION_KEY: planted.add('the key-encryption key', randomBytes(32).toString('base64')),
    TREADLE_OWNER_EMAIL: 'ada@example.com',
    TREADLE_OWNER_PASSWORD: planted.make('the password of the settings'),
    TREADLE_OPENID_ISSUER: 'http://127.0.0.1:9',
    TREADLE_OPENID_CLIENT_ID: 'treadle',
    TREADLE_OPENID_CLIENT_SECRET: planted.make('the secret of OpenID Connect'),
    OPENAI_API_KEY: planted.makePlain('the key of a provider in the settings', 'sk-'),
    ANTHROPIC_API_KEY: planted.makePlain('the key of a provider in the settings', 'sk-ant-'),
  };
}

/** Gives a whole Treadle about `count` secrets, has each of them used and repeated by others, and looks for them everywhere. */
export async function secretsTest(count: number, log: (line: string) => void): Promise<SecretsReport> {
  const planted = new Planted();
  const echo = await startEchoServer();
  const site = await openSite(settings(planted));
  const ground: Ground = { site, planted, echo, heard: [] };
  try {
    const part = Math.ceil(count / 20);
    const steps: readonly [string, () => Promise<unknown>][] = [
      ['keys', () => plantKeys(ground, 3 * part)],
      ['people', () => plantPeople(ground, Math.ceil(part * 0.8))],
      ['webhooks', () => plantWebhooks(ground, part)],
      ['calls', () => plantCalls(ground, 3 * part)],
      ['talk', () => talk(ground)],
    ];
    const uses = [
      await plantProviders(ground, 2 * part),
      await plantTools(ground, 3 * part),
      await plantMcpServers(ground, Math.max(9, part)),
    ];
    echo.refuse();
    for (const use of uses) await use();
    for (const [name, step] of steps) {
      await step();
      log(`${name} done: ${planted.count} secrets`);
    }
    site.checkAlive();
    const problems = [...summary(await search(ground))];
    if (echo.refused() === 0) problems.push('No server was asked with a secret.');
    return { planted: planted.count, repeated: echo.refused(), problems };
  } finally {
    await site.stop();
    echo.close();
  }
}
