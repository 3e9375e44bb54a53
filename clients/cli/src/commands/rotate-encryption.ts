import { defineConfig, secret, secretUrl } from '@treadle/config';
import { createPool } from '@treadle/persistence';
import { KyselyDataKeyStore, parseKeyEncryptionKeys, type RewrapProgress, Vault } from '@treadle/secrets';
import { CliError } from '../cli-error.js';
import { type CommandContext, print } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';

/** What the command reads besides the options of all: the same names as the services'. */
const rotateEncryptionConfig = defineConfig({
  databaseUrl: secretUrl({
    env: 'DATABASE_URL',
    schemes: ['postgres', 'postgresql'],
    meaning: 'The PostgreSQL of the services.',
  }),
  keyEncryptionKey: secret({
    env: 'TREADLE_KEY_ENCRYPTION_KEY',
    meaning: 'The new key-encryption key, then the old ones after commas.',
  }),
});

/** Wraps the data keys of all services by the first key-encryption key. Speaks to the database and to no service. */
export async function rotateEncryption(context: CommandContext): Promise<void> {
  const { terminal, signal, json } = context;
  const config = rotateEncryptionConfig.read(process.env);
  const keys = parseKeyEncryptionKeys(config.keyEncryptionKey.reveal());
  const url = config.databaseUrl.reveal();
  const totals = { rewrapped: 0, lost: 0 };
  const schemas = await schemasOf(url);
  for (const schema of schemas) {
    const pool = createPool(url, { schema, max: 2 });
    const show = ({ rewrapped, left }: RewrapProgress) =>
      void (json || terminal.err.write(`${schema}: ${rewrapped} wrapped anew, ${left} left\n`));
    try {
      const { rewrapped, lost } = await new Vault(keys, new KyselyDataKeyStore(pool)).rewrapAll(show, signal);
      totals.rewrapped += rewrapped;
      totals.lost += lost;
    } finally {
      await pool.end();
    }
  }
  if (schemas.includes('gateway')) await tellGateway(url, totals);
  print(context, totals, () => `${totals.rewrapped} data keys are wrapped by the first key now.`);
  if (totals.lost > 0)
    throw new CliError(
      `${totals.lost} data keys are wrapped by a key that is not given here, and stay as they are. Add it after the others and begin again.`,
      exitCodes.usage,
    );
}

/** It writes the rotation into the audit log, whose chain is its own. */
async function tellGateway(url: string, { rewrapped, lost }: { rewrapped: number; lost: number }): Promise<void> {
  const pool = createPool(url, { schema: 'gateway', max: 1 });
  try {
    const { rows } = await pool.query("select to_regclass('encryption_rotation') is not null as known");
    if ((rows as { known: boolean }[])[0]?.known)
      await pool.query('insert into encryption_rotation (rewrapped, lost) values ($1, $2)', [rewrapped, lost]);
  } finally {
    await pool.end();
  }
}

/** Every service keeps its own data keys. */
async function schemasOf(url: string): Promise<string[]> {
  const pool = createPool(url, { schema: 'public', max: 1 });
  try {
    const { rows } = await pool.query<{ schema: string }>(
      "select table_schema as schema from information_schema.tables where table_name = 'data_key' order by 1",
    );
    return rows.map(({ schema }) => schema);
  } finally {
    await pool.end();
  }
}
