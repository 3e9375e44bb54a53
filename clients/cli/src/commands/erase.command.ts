import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { type CommandContext, print } from '../command-context.js';
import { table } from '../output/table.js';
import type { Act } from './act.js';

interface Erasure {
  readonly id: string;
  readonly status: 'running' | 'completed';
  readonly dry_run: boolean;
  readonly found: Readonly<Record<string, number>> | null;
  readonly left: Readonly<Record<string, number>> | null;
  readonly cancelled_runs: number;
  readonly not_covered: readonly string[];
  readonly error: string | null;
}

interface EraseOptions {
  readonly endUser?: string;
  readonly show?: string;
  readonly app?: string;
  readonly dryRun?: true;
  readonly wait: boolean;
}

const path = '/api/v1/erasures';
const betweenLooksMs = 500;

export function addEraseCommand(program: Command, act: Act): void {
  const erase = program.command('erase').description('forget an end user everywhere, and show what there was of them');
  erase
    .option('--end-user <name>', 'as the clients of your apps name them')
    .option('--app <workflow>', 'id of a workflow: only what is of this one')
    .option('--dry-run', 'only look')
    .option('--no-wait', 'end at once; --show tells how far it is')
    .option('--show <id>', 'an erasure that was begun before, instead of a new one')
    .addHelpText(
      'after',
      `
Runs of theirs that are under way are cancelled. It cannot be undone.

Example:
  treadle erase --end-user ada --dry-run`,
    )
    .action(
      act<EraseOptions>(async (context, options) => {
        if (options.show === undefined && options.endUser === undefined)
          return erase.error("error: required option '--end-user <name>' not specified");
        await see(context, options);
      }),
    );
}

async function see(context: CommandContext, options: EraseOptions): Promise<void> {
  const { api, signal, terminal, json } = context;
  let erasure = await begun(context, options);
  for (let told = ''; options.wait && erasure.status === 'running'; ) {
    if (erasure.error !== null && erasure.error !== told && !json)
      terminal.err.write(`It will be tried again: ${erasure.error}\n`);
    told = erasure.error ?? '';
    await pause(betweenLooksMs, undefined, { signal });
    erasure = await api.send<Erasure>(`${path}/${encodeURIComponent(erasure.id)}`, { signal });
  }
  print(context, erasure, () => report(erasure));
}

function begun({ api, signal }: CommandContext, { show, endUser, app, dryRun }: EraseOptions): Promise<Erasure> {
  if (show !== undefined) return api.send<Erasure>(`${path}/${encodeURIComponent(show)}`, { signal });
  const body = { end_user: endUser, dry_run: dryRun ?? false, ...(app !== undefined && { workflow_id: app }) };
  return api.send<Erasure>(path, { method: 'POST', json: body, signal });
}

function report({ id, status, dry_run: dryRun, found, left, cancelled_runs, not_covered }: Erasure): string {
  if (status === 'running') return `Erasure ${id} goes on. See it with: treadle erase --show ${id}`;
  const kinds = Object.entries(found ?? {});
  const rows = kinds.map(([kind, count]) => [
    kind.replaceAll('_', ' '),
    String(count),
    ...(dryRun ? [] : [String(left?.[kind] ?? 0)]),
  ]);
  return [
    table(['KIND', 'FOUND', ...(dryRun ? [] : ['LEFT'])], rows),
    ...(cancelled_runs > 0 ? [`${cancelled_runs} of the runs were under way and were cancelled.`] : []),
    'Not covered:',
    ...not_covered.map((sentence) => `  ${sentence}`),
    dryRun ? 'Nothing was erased.' : `Erasure ${id} is completed.`,
  ].join('\n');
}
