import { type Command, Option } from 'commander';
import type { Approval, Page } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { approvalText } from '../output/approval-text.js';
import { table } from '../output/table.js';
import { positiveInteger } from '../positive-integer.js';
import { addInput, type Inputs } from '../read-inputs.js';
import { readPages } from '../read-pages.js';
import type { Act } from './act.js';

interface ListOptions {
  readonly run?: string;
  readonly status?: readonly string[];
  readonly limit: number;
}

interface AnswerOptions {
  readonly action: string;
  readonly value?: Inputs;
  readonly by?: string;
}

export function addApprovalsCommand(program: Command, act: Act): void {
  const approvals = program.command('approvals').description('what runs ask people: look, and answer');
  approvals
    .command('list')
    .description('the newest approvals')
    .option('--run <run>', 'only those of this run')
    .addOption(new Option('--status <status...>', 'those in these states, instead of pending').choices(statuses))
    .option('--limit <number>', 'at most so many', positiveInteger, 20)
    .addHelpText('after', '\nExample:\n  treadle approvals list --run 0199a5b2-7c1e-7000-8000-000000000001')
    .action(act<ListOptions>(list));
  approvals
    .command('show')
    .description('what is asked, and how to answer it')
    .argument('<token>', 'token of an approval')
    .addHelpText('after', '\nExample:\n  treadle approvals show vYVwDQdc4Oly9z6aFDCg1bJhH98xUd7V')
    .action(act<unknown>(show));
  approvals
    .command('answer')
    .description('answer an approval, and its run goes on')
    .argument('<token>', 'token of an approval')
    .requiredOption('--action <action>', 'id of one of its actions')
    .option('--value <name=value>', 'a field of its form; name:=value takes JSON (repeatable)', addValue)
    .option('--by <name>', 'who answers, for the record')
    .addHelpText(
      'after',
      '\nExample:\n  treadle approvals answer vYVwDQdc4Oly9z6aFDCg1bJhH98xUd7V --action approve --value why="fair" --by Ada',
    )
    .action(act<AnswerOptions>(answer));
}

const statuses = ['pending', 'answered', 'expired', 'withdrawn'];

const addValue = (argument: string, before?: Inputs) => addInput(argument, before, '--value');

async function list(context: CommandContext, { run, status, limit }: ListOptions): Promise<void> {
  const query = { run_id: run, status, limit: String(Math.min(limit, 100)) };
  const found = await readPages(
    (cursor) =>
      context.api.send<Page<Approval>>('/api/v1/approvals', { query: { ...query, cursor }, signal: context.signal }),
    limit,
  );
  print(context, found, () =>
    table(
      ['TOKEN', 'ASKS', 'STATUS', 'RUN', 'DUE'],
      found.map((one) => [one.token, one.title, one.status, one.run_id, one.due_at ?? '']),
    ),
  );
}

async function show(context: CommandContext, _options: unknown, token: string): Promise<void> {
  const approval = await context.api.send<Approval>(approvalPath(token), { signal: context.signal });
  print(context, approval, () => approvalText(approval));
}

async function answer(
  context: CommandContext,
  { action, value = {}, by }: AnswerOptions,
  token: string,
): Promise<void> {
  const approval = await context.api.send<Approval>(approvalPath(token), {
    method: 'POST',
    json: { action, values: value, by },
    signal: context.signal,
  });
  print(context, approval, () => `Answered "${action}". Run ${approval.run_id} goes on.`);
}

function approvalPath(token: string): string {
  return `/api/v1/approvals/${encodeURIComponent(token)}`;
}
