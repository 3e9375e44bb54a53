import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { type CommandContext, print } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';
import { table } from '../output/table.js';
import type { Act } from './act.js';

interface Space {
  readonly model: string;
  readonly dimensions: number;
}

interface Rebuild {
  readonly id: string;
  readonly space: Space;
  readonly status: 'running' | 'done' | 'failed';
  readonly phase: string;
  readonly points: number;
  readonly points_total: number;
  readonly report: string | null;
}

interface StoreStatus {
  readonly store: string;
  readonly ready: boolean;
  readonly owed: number;
  readonly spaces: readonly { readonly space: Space; readonly serving: string | null }[];
  readonly rebuilds: readonly Rebuild[];
}

interface Differences {
  readonly organisation_id: string;
  readonly dataset_id: string | null;
  points: number;
  missing: number;
  extra: number;
  stale: number;
}

interface Verified {
  readonly datasets: readonly Differences[];
  readonly next_cursor: string | null;
}

interface StatusOptions {
  readonly installation?: true;
}

interface VerifyOptions extends StatusOptions {
  readonly dataset?: string;
  readonly dryRun?: true;
}

interface RebuildOptions {
  readonly model?: string;
  readonly wait: boolean;
}

const path = '/api/v1/retrieval';
const under = ({ installation }: StatusOptions) => (installation ? `${path}/installation` : path);
const betweenLooksMs = 500;

export function addRetrievalCommand(program: Command, act: Act): void {
  const retrieval = program.command('retrieval').description('look at the vector store, verify it and build it anew');
  retrieval
    .command('status')
    .description('whether the store answers, what it has not confirmed yet, and rebuilds')
    .option('--installation', 'for the datasets of all organisations')
    .addHelpText('after', '\nExample:\n  treadle retrieval status')
    .action(act<StatusOptions>(status));
  retrieval
    .command('verify')
    .description('compare datasets with the store point by point, and mend what differs')
    .option('--dataset <id>', 'only this one')
    .option('--installation', 'the datasets of all organisations, and what deleted ones have left behind')
    .option('--dry-run', 'only count what differs; exits with 1 where anything does')
    .addHelpText('after', '\nExample:\n  treadle retrieval verify --dry-run')
    .action(act<VerifyOptions>(verify));
  retrieval
    .command('rebuild')
    .description('build the copies in the store anew beside those that serve, check them and switch')
    .option('--model <name>', 'only the copy with vectors of this model')
    .option('--no-wait', 'end at once; the status tells how far it is')
    .addHelpText(
      'after',
      '\nSearches and writes go on meanwhile. Exits with 1 where a check fails; then the old copy serves on.\n\nExample:\n  treadle retrieval rebuild',
    )
    .action(act<RebuildOptions>(rebuild));
}

async function status(context: CommandContext, options: StatusOptions): Promise<void> {
  const found = await statusOf(context, options);
  print(context, found, () =>
    [
      `The vector store (${found.store}) ${found.ready ? 'answers' : 'does not answer'}; ${found.owed} changes are owed to it.`,
      table(
        ['MODEL', 'DIMENSIONS', 'COPY'],
        found.spaces.map(({ space, serving }) => [
          space.model || 'none',
          String(space.dimensions),
          serving ?? (found.ready ? 'lost' : '?'),
        ]),
      ),
      ...(found.rebuilds.length === 0
        ? []
        : [
            table(
              ['REBUILD OF', 'STATUS', 'POINTS', 'WHAT'],
              found.rebuilds.map((one) => [nameOf(one.space), one.status, pointsOf(one), one.report ?? one.phase]),
            ),
          ]),
    ].join('\n'),
  );
}

async function verify(context: CommandContext, options: VerifyOptions): Promise<void> {
  const { api, signal, terminal, json } = context;
  const sums = new Map<string, Differences>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const body = { dataset_ids: options.dataset ? [options.dataset] : [], dry_run: options.dryRun ?? false, cursor };
    const page: Verified = await api.send(`${under(options)}/verify`, { method: 'POST', json: body, signal });
    for (const found of page.datasets) add(sums, found);
    cursor = page.next_cursor;
    const looked = [...sums.values()].reduce((sum, { points }) => sum + points, 0);
    if (!json && cursor !== null) terminal.err.write(`${looked} points looked at\n`);
  }
  const datasets = [...sums.values()];
  print(context, { dry_run: options.dryRun ?? false, datasets }, () =>
    table(
      ['DATASET', 'POINTS', 'MISSING', 'EXTRA', 'STALE'],
      datasets.map(({ dataset_id: id, points, missing, extra, stale }) => [
        id ?? 'deleted',
        ...[points, missing, extra, stale].map(String),
      ]),
    ),
  );
  const wrong = datasets.reduce((sum, { missing, extra, stale }) => sum + missing + extra + stale, 0);
  if (options.dryRun && wrong > 0)
    throw new CliError(`${wrong} points differ. Mend them without --dry-run.`, exitCodes.runNotCompleted);
  if (!json) terminal.err.write(wrong > 0 ? `${wrong} points differed and are mended.\n` : 'Nothing differs.\n');
}

async function rebuild(context: CommandContext, { model = '', wait }: RebuildOptions): Promise<void> {
  const { api, signal } = context;
  const begun = await api.send<{ readonly items: readonly Rebuild[] }>(`${path}/installation/rebuilds`, {
    method: 'POST',
    json: { model },
    signal,
  });
  const items = wait ? await ended(context, begun.items) : begun.items;
  print(context, { items }, () =>
    items.length === 0
      ? 'There are no points to build a copy of.'
      : items.map((one) => `${nameOf(one.space)}: ${one.report ?? `${one.status}, ${one.phase}`}`).join('\n'),
  );
  const failed = items.filter((one) => one.status === 'failed').length;
  if (failed > 0)
    throw new CliError(
      `${failed} of ${items.length} rebuilds failed; the old copies serve on.`,
      exitCodes.runNotCompleted,
    );
}

/** Waits until rebuilds have ended, and tells how far they are on the error stream. */
async function ended(context: CommandContext, begun: readonly Rebuild[]): Promise<Rebuild[]> {
  const ids = new Set(begun.map(({ id }) => id));
  for (const told = new Map<string, string>(); ; ) {
    const { rebuilds } = await statusOf(context, { installation: true });
    const items = rebuilds.filter(({ id }) => ids.has(id));
    for (const one of items) {
      const progress = `${nameOf(one.space)}: ${one.report ?? `${one.phase}, ${pointsOf(one)} points`}`;
      if (!context.json && one.status === 'running' && told.get(one.id) !== progress)
        context.terminal.err.write(`${progress}\n`);
      told.set(one.id, progress);
    }
    if (items.every((one) => one.status !== 'running')) return items;
    await pause(betweenLooksMs, undefined, { signal: context.signal });
  }
}

function statusOf({ api, signal }: CommandContext, options: StatusOptions): Promise<StoreStatus> {
  return api.send<StoreStatus>(`${under(options)}/status`, { signal });
}

function add(sums: Map<string, Differences>, found: Differences): void {
  const key = `${found.organisation_id}/${found.dataset_id ?? ''}`;
  const sum = sums.get(key);
  if (!sum) sums.set(key, { ...found });
  else for (const name of ['points', 'missing', 'extra', 'stale'] as const) sum[name] += found[name];
}

const nameOf = ({ model }: Space) => model || 'datasets without a model';
const pointsOf = ({ points, points_total: total }: Rebuild) => `${points} of ${total}`;
