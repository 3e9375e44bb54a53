import { type Command, Option } from 'commander';
import type { Page, Run } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { findWorkflow } from '../find-workflow.js';
import { runText } from '../output/run-text.js';
import { table } from '../output/table.js';
import { positiveInteger } from '../positive-integer.js';
import { readPages } from '../read-pages.js';
import { watchRun } from '../watch-run.js';
import type { Act } from './act.js';
import { addContinueCommands } from './continue-run.commands.js';
import { history, replay } from './run-history.js';

interface ListOptions {
  readonly workflow?: string;
  readonly status?: readonly string[];
  readonly limit: number;
}

export function addRunsCommand(program: Command, act: Act): void {
  const runs = program.command('runs').description('look at runs, cancel or continue one');
  runs
    .command('list')
    .description('the newest runs')
    .option('--workflow <workflow>', 'only those of this workflow (id or name)')
    .addOption(new Option('--status <status...>', 'only those in these states').choices(statuses))
    .option('--limit <number>', 'at most so many', positiveInteger, 20)
    .addHelpText('after', '\nExample:\n  treadle runs list --workflow translate --status failed')
    .action(act<ListOptions>(list));
  runs
    .command('get')
    .description('one run with its nodes')
    .argument('<run>', 'id of a run')
    .addHelpText('after', '\nExample:\n  treadle runs get 0199a5b2-7c1e-7000-8000-000000000001 --json')
    .action(act<unknown>(get));
  runs
    .command('events')
    .description('the events of a run, up to its end')
    .argument('<run>', 'id of a run')
    .option('--last-event-id <id>', 'only those behind this one')
    .addHelpText('after', '\nExample:\n  treadle runs events 0199a5b2-7c1e-7000-8000-000000000001 --json')
    .action(act<{ readonly lastEventId?: string }>(events));
  runs
    .command('cancel')
    .description('end a run that is not over')
    .argument('<run>', 'id of a run')
    .option('--reason <text>', 'for the record')
    .addHelpText(
      'after',
      '\nExample:\n  treadle runs cancel 0199a5b2-7c1e-7000-8000-000000000001 --reason "wrong input"',
    )
    .action(act<{ readonly reason?: string }>(cancel));
  addContinueCommands(runs, act);
  runs
    .command('history')
    .description('every event of a run with the workflows it ran, to keep or to replay')
    .argument('<run>', 'id of a run')
    .option('-o, --output <file>', 'write it there instead of printing it')
    .addHelpText('after', '\nExample:\n  treadle runs history 0199a5b2-7c1e-7000-8000-000000000001 --output run.ndjson')
    .action(act<{ readonly output?: string }>(history));
  runs
    .command('replay')
    .description('decide a history once more, here and without a server, and tell the first difference')
    .argument('<file>', 'what `runs history` wrote; - reads standard input')
    .addHelpText('after', '\nExample:\n  treadle runs replay run.ndjson')
    .action(act<unknown>(replay));
}

const statuses = ['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'];

async function list(context: CommandContext, { workflow, status, limit }: ListOptions): Promise<void> {
  const workflow_id = workflow === undefined ? undefined : (await findWorkflow(context.api, workflow)).id;
  const query = { workflow_id, status, limit: String(Math.min(limit, 100)) };
  const runs = await readPages(
    (cursor) => context.api.send<Page<Run>>('/api/v1/runs', { query: { ...query, cursor }, signal: context.signal }),
    limit,
  );
  print(context, runs, () =>
    table(
      ['RUN', 'WORKFLOW', 'STATUS', 'STARTED'],
      runs.map((run) => [run.id, run.workflow_name ?? run.workflow_id, run.status, run.created_at]),
    ),
  );
}

async function get(context: CommandContext, _options: unknown, id: string): Promise<void> {
  const run = await context.api.send<Run>(runPath(id), { signal: context.signal });
  print(context, run, () => runText(run));
}

async function events(context: CommandContext, { lastEventId }: { lastEventId?: string }, id: string): Promise<void> {
  await watchRun(context, id, { text: true, events: context.json, lastEventId });
}

async function cancel(context: CommandContext, { reason }: { reason?: string }, id: string): Promise<void> {
  const run = await context.api.send<Run>(`${runPath(id)}/cancel`, {
    method: 'POST',
    json: { reason },
    signal: context.signal,
  });
  print(context, run, () => `Run ${run.id} is ${run.status}.`);
}

function runPath(id: string): string {
  return `/api/v1/runs/${encodeURIComponent(id)}`;
}
