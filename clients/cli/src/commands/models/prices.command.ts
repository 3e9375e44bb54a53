import type { Command } from 'commander';
import type { Page } from '../../api-types.js';
import { type CommandContext, print } from '../../command-context.js';
import { table } from '../../output/table.js';
import { amount } from '../../read-options.js';
import { readPages } from '../../read-pages.js';
import type { Act } from '../act.js';

interface Price {
  readonly provider: string;
  readonly model: string;
  readonly input_per_million: number;
  readonly cached_input_per_million?: number;
  readonly output_per_million: number;
  readonly per_call: number;
  readonly version: number;
  readonly valid_from: string;
}

interface SaveOptions {
  readonly provider?: string;
  readonly input: number;
  readonly output: number;
  readonly cachedInput?: number;
  readonly perCall?: number;
  readonly validFrom?: string;
}

const path = '/api/v1/models/prices';

export function addPricesCommand(models: Command, act: Act): void {
  const prices = models
    .command('prices')
    .description('what models cost; the list prices that ship with Treadle hold for every model without one here');
  prices
    .command('list')
    .description('the saved prices')
    .addHelpText('after', '\nExample:\n  treadle models prices list')
    .action(act<unknown>(list));
  prices
    .command('set')
    .description('save a price as a new version')
    .argument('<model>', 'a model, or the beginning of one and *')
    .option('--provider <name>', 'only where this provider serves it')
    .requiredOption('--input <usd>', 'US dollars for a million tokens of input', amount)
    .requiredOption('--output <usd>', 'US dollars for a million tokens of output', amount)
    .option('--cached-input <usd>', 'US dollars for a million tokens that the provider read from its cache', amount)
    .option('--per-call <usd>', 'US dollars for each call beside its tokens', amount)
    .option('--valid-from <moment>', 'as 2026-01-31T00:00:00Z; without it, now')
    .addHelpText('after', '\nExample:\n  treadle models prices set "gpt-5*" --provider openai --input 1.25 --output 10')
    .action(act<SaveOptions>(set));
  prices
    .command('remove')
    .description('withdraw a saved price')
    .argument('<model>', 'the model as it was saved')
    .option('--provider <name>', 'the provider it was saved for')
    .addHelpText('after', '\nExample:\n  treadle models prices remove "gpt-5*" --provider openai')
    .action(act<{ readonly provider?: string }>(remove));
}

async function list(context: CommandContext): Promise<void> {
  const { api, signal } = context;
  const prices = await readPages((cursor) => api.send<Page<Price>>(path, { query: { cursor, limit: '100' }, signal }));
  print(context, prices, () =>
    table(
      ['PROVIDER', 'MODEL', 'INPUT', 'CACHED INPUT', 'OUTPUT', 'PER CALL', 'VERSION', 'VALID FROM'],
      prices.map((price) => [
        price.provider || '*',
        price.model,
        String(price.input_per_million),
        String(price.cached_input_per_million ?? price.input_per_million),
        String(price.output_per_million),
        String(price.per_call),
        String(price.version),
        price.valid_from,
      ]),
    ),
  );
}

async function set(context: CommandContext, options: SaveOptions, model: string): Promise<void> {
  const { provider, input, output, cachedInput, perCall, validFrom } = options;
  const price = await context.api.send<Price>(path, {
    method: 'PUT',
    json: {
      provider,
      model,
      input_per_million: input,
      cached_input_per_million: cachedInput,
      output_per_million: output,
      per_call: perCall,
      valid_from: validFrom,
    },
    signal: context.signal,
  });
  print(context, price, () => `Version ${price.version} of the price of "${model}" is saved.`);
}

async function remove(context: CommandContext, { provider }: { readonly provider?: string }, model: string) {
  await context.api.send<unknown>(path, { method: 'DELETE', query: { provider, model }, signal: context.signal });
  print(context, { provider, model }, () => `The price of "${model}" is withdrawn.`);
}
