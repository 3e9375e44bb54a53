import type { Command } from 'commander';
import type { Page } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { fields } from '../output/fields.js';
import { table } from '../output/table.js';
import { positiveInteger } from '../positive-integer.js';
import { readPages } from '../read-pages.js';
import type { Act } from './act.js';
import { rotateEncryptionHelp } from './rotate-encryption-help.js';

interface Key {
  readonly id: number;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[] | null;
  readonly workflow_id: string | null;
  readonly dataset_id: string | null;
  readonly last_used_at: string | null;
  readonly expires_at: string | null;
}

interface MadeKey extends Key {
  readonly key: string;
}

interface CreateOptions {
  readonly name: string;
  readonly scope: readonly string[];
  readonly workflow?: string;
  readonly dataset?: string;
  readonly expires?: string;
}

interface RotateOptions {
  readonly overlap: number;
}

const path = '/api/v1/keys';

export function addKeysCommand(program: Command, act: Act): void {
  const keys = program.command('keys').description('API keys: list, create, rotate and revoke them');
  keys
    .command('list')
    .description('every API key, newest first')
    .addHelpText('after', '\nExample:\n  treadle keys list')
    .action(act<unknown>(list));
  keys
    .command('create')
    .description('create an API key; it is shown only this once')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scope <scope...>', 'what it may do, such as runs:start runs:read')
    .option('--workflow <workflow>', 'id of the only workflow it is for')
    .option('--dataset <dataset>', 'id of the only dataset it is for')
    .option('--expires <moment>', 'when it ends, such as 2030-01-01T00:00:00Z')
    .addHelpText('after', '\nExample:\n  treadle keys create --name shop --scope runs:start runs:read')
    .action(act<CreateOptions>(create));
  keys
    .command('rotate')
    .description('make a new API key in the place of this one; for encryption keys see rotate-encryption')
    .argument('<key>', 'id of an API key')
    .option('--overlap <seconds>', 'how long the old one works beside the new one; 0 ends it at once', seconds, 3600)
    .addHelpText('after', '\nExample:\n  treadle keys rotate 7 --overlap 600')
    .action(act<RotateOptions>(rotate));
  keys
    .command('revoke')
    .description('end a key; it is refused everywhere within five seconds')
    .argument('<key>', 'id of an API key')
    .addHelpText('after', '\nExample:\n  treadle keys revoke 7')
    .action(act<unknown>(revoke));
  addRotateEncryption(keys, act);
}

function addRotateEncryption(keys: Command, act: Act): void {
  keys
    .command('rotate-encryption')
    .description('wrap all data keys by a new key-encryption key, while everything serves')
    .addHelpText('after', rotateEncryptionHelp)
    .action(
      act<unknown>(async (context) => {
        // Brings a database client along, which nothing else here needs.
        const { rotateEncryption } = await import('./rotate-encryption.js');
        await rotateEncryption(context);
      }),
    );
}

function seconds(text: string): number {
  return text === '0' ? 0 : positiveInteger(text);
}

async function list(context: CommandContext): Promise<void> {
  const { api, signal } = context;
  const keys = await readPages((cursor) => api.send<Page<Key>>(path, { query: { cursor }, signal }));
  print(context, keys, () =>
    table(
      ['KEY', 'NAME', 'BEGINS', 'SCOPES', 'ONLY FOR', 'LAST USED', 'ENDS'],
      keys.map((key) => [
        String(key.id),
        key.name,
        key.prefix,
        key.scopes?.join(' ') ?? 'all',
        key.workflow_id ?? key.dataset_id ?? '',
        key.last_used_at ?? 'never',
        key.expires_at ?? '',
      ]),
    ),
  );
}

async function create(context: CommandContext, options: CreateOptions): Promise<void> {
  const { name, scope, workflow, dataset, expires } = options;
  const json = { name, scopes: scope, workflow_id: workflow, dataset_id: dataset, expires_at: expires };
  const made = await context.api.send<MadeKey>(path, { method: 'POST', json, signal: context.signal });
  print(context, made, () => madeText(made));
}

async function rotate(context: CommandContext, { overlap }: RotateOptions, id: string): Promise<void> {
  const made = await context.api.send<MadeKey>(`${path}/${encodeURIComponent(id)}/rotate`, {
    method: 'POST',
    json: { overlap_seconds: overlap },
    signal: context.signal,
  });
  print(context, made, () => madeText(made));
}

async function revoke(context: CommandContext, _options: unknown, id: string): Promise<void> {
  await context.api.send(`${path}/${encodeURIComponent(id)}`, { method: 'DELETE', signal: context.signal });
  print(context, { id, revoked: true }, () => `The key ${id} is revoked.`);
}

function madeText({ id, name, key }: MadeKey): string {
  return fields([
    ['id', String(id)],
    ['name', name],
    ['key', `${key}  (shown only this once)`],
  ]);
}
