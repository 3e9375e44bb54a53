import { randomBytes } from 'node:crypto';
import { ModelAdminServiceService } from '@treadle/contracts';
import { type Handlers, inProcessHandlers } from '@treadle/grpc';
import { InProcessBus } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { Accounts, modelProxyConfig, modelProxySchema } from '../src/index.js';

/** What a proxy keeps, on a database of its own, and what it logged. */
export class AccountsUnderTest {
  readonly logged: unknown[][] = [];
  private readonly opened: { readonly accounts: Accounts; readonly pool: Pool }[] = [];
  readonly bus = new InProcessBus({ log: { warn: () => undefined, error: () => undefined } as never });

  private constructor(
    private readonly database: TestDatabase,
    private readonly keyEncryptionKey: string,
  ) {}

  static async open(): Promise<AccountsUnderTest> {
    return new AccountsUnderTest(await testDatabase(), randomBytes(32).toString('base64'));
  }

  /** Another replica. */
  async replica(
    values: Record<string, string> = {},
  ): Promise<{ accounts: Accounts; pool: Pool; admin: Handlers<typeof ModelAdminServiceService> }> {
    const write = (...line: unknown[]) => this.logged.push(line);
    const log = { info: write, warn: write, error: write };
    const pool = createPool(this.database.connectionString, { schema: modelProxySchema });
    const local = { TREADLE_MODEL_HTTP_ALLOW: '127.0.0.1' };
    const environment = { TREADLE_KEY_ENCRYPTION_KEY: this.keyEncryptionKey, ...local, ...values };
    const accounts = new Accounts({ config: modelProxyConfig.read(environment), pool, bus: this.bus, log });
    this.opened.push({ accounts, pool });
    await accounts.start();
    const admin = inProcessHandlers(ModelAdminServiceService, accounts.admin, (_, error) => this.logged.push([error]));
    return { accounts, pool, admin };
  }

  async close(): Promise<void> {
    for (const { accounts, pool } of this.opened) {
      await accounts.stop();
      await pool.end();
    }
    await this.bus.close();
    await this.database.drop();
  }
}
