import type { Command } from 'commander';
import { type CommandContext, print } from '../../command-context.js';
import { table } from '../../output/table.js';
import type { Act } from '../act.js';

interface Usage {
  readonly from: string;
  readonly to: string;
  readonly items: readonly {
    readonly group: Readonly<Record<string, string>>;
    readonly calls: number;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly cost_usd: number;
    readonly mean_latency_ms: number;
    readonly mean_first_token_ms: number;
  }[];
}

interface UsageOptions {
  readonly groupBy: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

export function addUsageCommand(models: Command, act: Act): void {
  models
    .command('usage')
    .description('what calls to models used and cost, the most expensive first')
    .option(
      '--group-by <dimension...>',
      'api_key, cached, day, hour, model, month, node, operation, provider, route, run, status, workflow',
      ['provider', 'model'],
    )
    .option('--from <moment>', 'as 2026-01-01T00:00:00Z; without it 30 days ago')
    .option('--to <moment>', 'without it now')
    .addHelpText('after', '\nExample:\n  treadle models usage --group-by workflow day')
    .action(act<UsageOptions>(usage));
}

async function usage(context: CommandContext, { groupBy, from, to }: UsageOptions): Promise<void> {
  const found = await context.api.send<Usage>('/api/v1/usage', {
    query: { group_by: groupBy, from, to },
    signal: context.signal,
  });
  print(context, found, () =>
    table(
      [...groupBy.map((name) => name.toUpperCase()), 'CALLS', 'INPUT', 'OUTPUT', 'USD', 'MEAN MS', 'FIRST TOKEN MS'],
      found.items.map((item) => [
        ...groupBy.map((name) => item.group[name] || '-'),
        String(item.calls),
        String(item.input_tokens),
        String(item.output_tokens),
        item.cost_usd.toFixed(6),
        item.mean_latency_ms.toFixed(0),
        item.mean_first_token_ms.toFixed(0),
      ]),
    ),
  );
}
