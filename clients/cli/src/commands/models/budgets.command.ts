import { type Command, Option } from 'commander';
import type { Page } from '../../api-types.js';
import { type CommandContext, print } from '../../command-context.js';
import { table } from '../../output/table.js';
import { positiveInteger } from '../../positive-integer.js';
import { addNumber, amount } from '../../read-options.js';
import { readPages } from '../../read-pages.js';
import type { Act } from '../act.js';

interface Budget {
  readonly name: string;
  readonly scope: string;
  readonly subject: string;
  readonly period: string;
  readonly limit_usd?: number;
  readonly limit_tokens?: number;
  readonly state: {
    readonly subject: string;
    readonly spent_usd: number;
    readonly spent_tokens: number;
    readonly level: number;
  } | null;
}

interface SaveOptions {
  readonly scope: string;
  readonly subject?: string;
  readonly period: string;
  readonly usd?: number;
  readonly tokens?: number;
  readonly threshold?: readonly number[];
}

const path = '/api/v1/models/budgets';

const help = `
The worst case of a call is set aside before it is made, so a limit cannot be overspent. At each threshold an event is raised and answers
carry a warning; a route may serve a smaller model from then on (rules, budget_used_at_least).

Example:
  treadle models budgets set per-key --scope api_key --period day --usd 5`;

export function addBudgetsCommand(models: Command, act: Act): void {
  const budgets = models.command('budgets').description('how much may be spent');
  budgets
    .command('list')
    .description('every budget, and how full its fullest counter is')
    .addHelpText('after', '\nExample:\n  treadle models budgets list')
    .action(act<unknown>(list));
  budgets
    .command('set')
    .description('save a budget; what was spent stays counted')
    .argument('<name>', 'its name')
    .addOption(new Option('--scope <scope>', 'whose calls count').choices(scopes).makeOptionMandatory())
    .option('--subject <id>', 'only this workflow, key or run; without it each has the limit on its own')
    .addOption(new Option('--period <period>', 'when it begins anew').choices(periods).makeOptionMandatory())
    .option('--usd <number>', 'the limit in US dollars', amount)
    .option('--tokens <number>', 'the limit in tokens', positiveInteger)
    .option('--threshold <percent>', 'announced when passed; may be repeated; without it 75 and 90', addNumber)
    .addHelpText('after', help)
    .action(act<SaveOptions>(set));
  budgets
    .command('remove')
    .description('forget a budget and what it counted')
    .argument('<name>', 'a budget')
    .addHelpText('after', '\nExample:\n  treadle models budgets remove per-key')
    .action(act<unknown>(remove));
}

const scopes = ['tenant', 'workflow', 'api_key', 'run'];
const periods = ['hour', 'day', 'month', 'total'];

async function list(context: CommandContext): Promise<void> {
  const { api, signal } = context;
  const budgets = await readPages((cursor) =>
    api.send<Page<Budget>>(path, { query: { cursor, limit: '100' }, signal }),
  );
  print(context, budgets, () =>
    table(
      ['BUDGET', 'SCOPE', 'SUBJECT', 'PERIOD', 'LIMIT', 'SPENT', 'PASSED'],
      budgets.map((budget) => [
        budget.name,
        budget.scope,
        budget.subject,
        budget.period,
        limitText(budget),
        spentText(budget),
        budget.state?.level ? `${budget.state.level} %` : '-',
      ]),
    ),
  );
}

async function set(context: CommandContext, options: SaveOptions, name: string): Promise<void> {
  const { scope, subject, period, usd, tokens, threshold } = options;
  const budget = await context.api.send<Budget>(pathOf(name), {
    method: 'PUT',
    json: { scope, subject, period, limit_usd: usd, limit_tokens: tokens, thresholds: threshold },
    signal: context.signal,
  });
  print(context, budget, () => `Budget "${name}" is saved: ${limitText(budget)} in each ${scope}, period ${period}.`);
}

async function remove(context: CommandContext, _options: unknown, name: string): Promise<void> {
  await context.api.send<unknown>(pathOf(name), { method: 'DELETE', signal: context.signal });
  print(context, { name }, () => `Budget "${name}" is forgotten.`);
}

function limitText({ limit_usd, limit_tokens }: Budget): string {
  const limits = [
    ...(limit_usd === undefined ? [] : [`${limit_usd} USD`]),
    ...(limit_tokens === undefined ? [] : [`${limit_tokens} tokens`]),
  ];
  return limits.join(', ');
}

function spentText({ state, limit_usd }: Budget): string {
  if (!state) return '-';
  return limit_usd === undefined ? `${state.spent_tokens} tokens` : `${state.spent_usd} USD`;
}

function pathOf(name: string): string {
  return `${path}/${encodeURIComponent(name)}`;
}
