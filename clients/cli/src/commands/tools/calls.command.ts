import type { Command } from 'commander';
import type { Page } from '../../api-types.js';
import { type CommandContext, print } from '../../command-context.js';
import { table } from '../../output/table.js';
import { positiveInteger } from '../../positive-integer.js';
import type { Act } from '../act.js';

interface RecordedCall {
  readonly toolset: string;
  readonly tool: string;
  readonly version: number;
  readonly run_id: string | null;
  readonly status: string;
  readonly summary: string;
  readonly started_at: string;
  readonly duration_ms: number | null;
}

interface CallsOptions {
  readonly toolset?: string;
  readonly tool?: string;
  readonly run?: string;
  readonly status?: string;
  readonly mutating?: true;
  readonly limit: number;
}

export function addCallsCommand(tools: Command, act: Act): void {
  tools
    .command('calls')
    .description('the record of calls, newest first')
    .option('--toolset <name>', 'only of this toolset')
    .option('--tool <name>', 'only of this tool')
    .option('--run <id>', 'only of this run')
    .option('--status <status>', 'running, completed, failed or unknown')
    .option('--mutating', 'only calls that may have changed something')
    .option('--limit <number>', 'how many, 100 at most', positiveInteger, 20)
    .addHelpText('after', '\nExample:\n  treadle tools calls --mutating --status unknown')
    .action(act<CallsOptions>(list));
}

async function list(context: CommandContext, options: CallsOptions): Promise<void> {
  const { toolset, tool, run, status, mutating, limit } = options;
  const query = { toolset, tool, run_id: run, status, mutating: mutating && 'true', limit: String(limit) };
  const page = await context.api.send<Page<RecordedCall>>('/api/v1/tools/calls', { query, signal: context.signal });
  print(context, page, () =>
    table(
      ['STARTED', 'TOOL', 'VERSION', 'RUN', 'STATUS', 'MS', 'OUTCOME'],
      page.items.map((call) => [
        call.started_at,
        `${call.toolset}/${call.tool}`,
        String(call.version),
        call.run_id ?? '-',
        call.status,
        String(call.duration_ms ?? '-'),
        call.summary.split('\n')[0]?.slice(0, 60) ?? '',
      ]),
    ),
  );
}
