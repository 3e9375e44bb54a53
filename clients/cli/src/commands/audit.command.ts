import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import {
  BrokenChain,
  type ChainPoint,
  ChainWalk,
  type CheckpointKey,
  chainStart,
  type ExportLine,
  openCheckpoint,
} from '@treadle/audit';
import type { Command } from 'commander';
import type { Page } from '../api-types.js';
import { CliError, usageError } from '../cli-error.js';
import { type CommandContext, print } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';
import { table } from '../output/table.js';
import { positiveInteger } from '../positive-integer.js';
import { readPages } from '../read-pages.js';
import type { Act } from './act.js';

interface Entry {
  readonly seq: number;
  readonly at: string;
  readonly actor: { readonly kind: string; readonly id: string; readonly address: string };
  readonly action: string;
  readonly object: { readonly kind: string; readonly id: string };
  readonly outcome: string;
  readonly times?: number;
}

interface Filters {
  readonly actor?: string;
  readonly action?: string;
  readonly kind?: string;
  readonly object?: string;
  readonly outcome?: string;
  readonly from?: string;
  readonly until?: string;
}

interface VerifyOptions {
  readonly file?: string;
  readonly mark: readonly ChainPoint[];
  readonly keys?: string;
}

interface Checkpoints {
  readonly items: readonly string[];
  readonly keys: readonly CheckpointKey[];
}

const path = '/api/v1/audit';

export function addAuditCommand(program: Command, act: Act): void {
  const audit = program.command('audit').description('The record of who changed what: read, export and verify it');
  withFilters(audit.command('list').description('what happened, newest first'))
    .option('--limit <number>', 'how many at most', positiveInteger, 50)
    .addHelpText('after', '\nExample:\n  treadle audit list --kind provider --from 2030-01-01T00:00:00Z')
    .action(act<Filters & { readonly limit: number }>(list));
  withFilters(audit.command('export').description('write the log to standard output, oldest first'))
    .option('--format <format>', 'jsonl or csv; only a whole jsonl can be verified', 'jsonl')
    .addHelpText('after', '\nExample:\n  treadle audit export > audit.jsonl')
    .action(act<Filters & { readonly format: string }>(exportAll));
  audit
    .command('verify')
    .description('find whatever was changed, removed, inserted, moved or cut off; exit code 5 where something was')
    .option('--file <file>', 'an export, instead of what the server has now')
    .option('--keys <file>', 'the public keys that sign checkpoints, as audit checkpoints --json gave them earlier')
    .option('--mark <mark>', 'what an earlier verify printed, kept elsewhere; may be given again', mark, [])
    .addHelpText(
      'after',
      `
Hashes are computed here, not by the server. Somebody who can write the whole database could write a chain anew, or cut its end off:
that shows against the checkpoints that the server signs and keeps outside the database, and against a mark of an earlier time, which each
verify prints. The error says which kind of damage it is.

Example:
  treadle audit verify --mark 120:5f0c…`,
    )
    .action(act<VerifyOptions>(verify));
  audit
    .command('checkpoints')
    .description('sign where the log ends now, and show all signed points with the keys that have signed')
    .addHelpText('after', '\nExample:\n  treadle audit checkpoints --json > checkpoints.json')
    .action(act<unknown>(checkpoints));
}

function withFilters(command: Command): Command {
  return command
    .option('--actor <id>', 'id of a person or an API key')
    .option('--action <action>', 'such as provider.save')
    .option('--kind <kind>', 'kind of object, such as provider')
    .option('--object <object>', 'id or name of an object')
    .option('--outcome <outcome>', 'begun, done, refused or failed')
    .option('--from <moment>', 'such as 2030-01-01T00:00:00Z')
    .option('--until <moment>', 'before this moment');
}

function mark(text: string, before: readonly ChainPoint[]): readonly ChainPoint[] {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) throw usageError(`"${text}" is no mark. It looks like 120:5f0c… .`);
  return [...before, { seq: Number(seq), hash }];
}

async function list(context: CommandContext, options: Filters & { readonly limit: number }): Promise<void> {
  const { api, signal } = context;
  const { limit, ...given } = options;
  const pageSize = String(Math.min(limit, 100));
  const query = filtersOf(given);
  const read = (cursor: string | undefined) =>
    api.send<Page<Entry>>(path, { query: { ...query, cursor, limit: pageSize }, signal });
  const entries = await readPages(read, limit);
  print(context, entries, () =>
    table(
      ['ENTRY', 'WHEN', 'WHO', 'FROM', 'DID', 'TO', 'OUTCOME'],
      entries.map(({ seq, at, actor, action, object, outcome, times }) => [
        String(seq),
        at,
        [actor.kind, actor.id].filter(Boolean).join(':'),
        actor.address,
        action,
        object.id,
        times === undefined ? outcome : `${outcome}, ${times} more times`,
      ]),
    ),
  );
}

async function exportAll(
  { api, signal, terminal }: CommandContext,
  { format, ...given }: Filters & { readonly format: string },
): Promise<void> {
  const query = { ...filtersOf(given), format };
  for await (const chunk of api.download(`${path}/export`, { query, signal })) terminal.out.write(chunk);
}

/** The global options stand beside a command's own. */
function filtersOf({ actor, action, kind, object, outcome, from, until }: Filters) {
  return { actor, action, kind, object, outcome, from, until };
}

async function checkpoints(context: CommandContext): Promise<void> {
  const { api, signal } = context;
  await api.send(`${path}/checkpoints`, { method: 'POST', signal });
  const found = await api.send<Checkpoints>(`${path}/checkpoints`, { signal });
  print(context, found, () => [...found.items, `Keys: ${found.keys.map(({ kid }) => kid).join(', ')}`].join('\n'));
}

/** The keys that are believed: kept ones, or those that the server has now, which knows them from outside the log. */
async function keysFrom({ api, signal }: CommandContext, file: string | undefined): Promise<readonly CheckpointKey[]> {
  if (file === undefined) return (await api.send<Checkpoints>(`${path}/checkpoints`, { signal })).keys;
  return (JSON.parse(await readFile(file, 'utf8')) as Checkpoints).keys;
}

async function verify(context: CommandContext, { file, mark: marks, keys }: VerifyOptions): Promise<void> {
  const input = file === undefined ? Readable.from(context.api.download(`${path}/export`)) : createReadStream(file);
  try {
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    const { end, from, signed } = await walk(lines, marks, () => keysFrom(context, keys));
    const next = `${end.seq}:${end.hash}`;
    print(context, { ok: true, from: from + 1, entries: end.seq - from, checkpoints: signed, mark: next }, () => {
      const retired = from > 0 ? ` Entries 1 to ${from} were retired.` : '';
      return `All ${end.seq - from} entries are as they were recorded, and ${signed} checkpoints agree.${retired}\nMark: ${next}`;
    });
  } catch (error) {
    if (!(error instanceof BrokenChain)) throw error;
    throw new CliError(`The audit log was tampered with (${error.damage}). ${error.message}`, exitCodes.replayDiffers);
  }
}

async function walk(
  lines: AsyncIterable<string>,
  marks: readonly ChainPoint[],
  readKeys: () => Promise<readonly CheckpointKey[]>,
) {
  let walking: { readonly chain: ChainWalk; readonly from: number; readonly signed: number } | undefined;
  for await (const text of lines) {
    const line = parse(text);
    if ('start' in line) {
      const { tenant, at, whole, checkpoints: signed } = line.start;
      if (!whole) throw usageError('This export was filtered: only a whole one can be verified.');
      if (at.seq === 0 && at.hash !== chainStart(tenant).hash)
        throw new BrokenChain('The chain does not begin where one begins.', 0, 'missing');
      const known = signed.length === 0 ? [] : await readKeys();
      const points = signed.map((text) => openCheckpoint(text, tenant, known));
      walking = { chain: new ChainWalk(tenant, at, [...marks, ...points]), from: at.seq, signed: signed.length };
    } else if (!walking) throw usageError('This is no export of an audit log: its first line is missing.');
    else if ('entry' in line) walking.chain.next(line.entry, line.hash);
    else return { end: walking.chain.end(line.end), from: walking.from, signed: walking.signed };
  }
  throw new BrokenChain('The export ends in the middle: its last line is missing.', 0, 'incomplete');
}

function parse(text: string): ExportLine {
  try {
    const line: unknown = JSON.parse(text);
    if (typeof line === 'object' && line !== null) return line as ExportLine;
  } catch {
    // Said below.
  }
  throw new BrokenChain('A line of the export is no JSON.', 0, 'incomplete');
}
