import type { Command } from 'commander';
import { type CommandContext, print } from '../../command-context.js';
import { table } from '../../output/table.js';
import type { Act } from '../act.js';
import { addBudgetsCommand } from './budgets.command.js';
import { addPricesCommand } from './prices.command.js';
import { addProvidersCommand } from './providers.command.js';
import { addRoutesCommand } from './routes.command.js';
import { addTestCommand } from './test.command.js';
import { addUsageCommand } from './usage.command.js';

interface ModelList {
  readonly data: readonly { readonly id: string; readonly owned_by: string }[];
}

export function addModelsCommand(program: Command, act: Act): void {
  const models = program
    .command('models')
    .description('try models, and set up providers, routes, prices and budgets')
    .addHelpText('after', '\nExample:\n  treadle models test openai/gpt-5-mini');
  models
    .command('list')
    .description('every route and every model that can be asked')
    .addHelpText('after', '\nExample:\n  treadle models list | grep openai/')
    .action(act<unknown>(list));
  for (const add of [
    addTestCommand,
    addProvidersCommand,
    addRoutesCommand,
    addPricesCommand,
    addBudgetsCommand,
    addUsageCommand,
  ])
    add(models, act);
}

async function list(context: CommandContext): Promise<void> {
  const { data } = await context.api.send<ModelList>('/openai/v1/models', { signal: context.signal });
  print(context, data, () =>
    table(
      ['NAME', 'FROM'],
      data.map(({ id, owned_by }) => [id, owned_by]),
    ),
  );
}
