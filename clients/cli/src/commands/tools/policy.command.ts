import { type Command, Option } from 'commander';
import { type CommandContext, print } from '../../command-context.js';
import { positiveInteger } from '../../positive-integer.js';
import type { Act } from '../act.js';
import { toolPath } from './toolset.js';

interface PolicyOptions {
  readonly mutating?: 'yes' | 'no';
  readonly approval?: 'yes' | 'no';
  readonly repeatable?: 'yes' | 'no';
  readonly perMinute?: number;
  readonly concurrency?: number;
  readonly timeoutMs?: number;
  readonly clear?: true;
}

const yesOrNo = ['yes', 'no'];

export function addPolicyCommand(tools: Command, act: Act): void {
  tools
    .command('policy')
    .description('what holds for the calls of a tool, in every version; what is left out is as the source says')
    .argument('<toolset>', 'a toolset')
    .argument('<tool>', 'one of its tools')
    .addOption(new Option('--mutating <answer>', 'may a call change something?').choices(yesOrNo))
    .addOption(new Option('--approval <answer>', 'does a person have to agree to each call?').choices(yesOrNo))
    .addOption(new Option('--repeatable <answer>', 'may a call be made twice?').choices(yesOrNo))
    .option('--per-minute <calls>', 'calls in a minute at most', positiveInteger)
    .option('--concurrency <calls>', 'calls at once at most', positiveInteger)
    .option('--timeout-ms <milliseconds>', 'how long a call may take', positiveInteger)
    .option('--clear', 'forget the policy')
    .addHelpText('after', '\nExample:\n  treadle tools policy shop order --approval yes --per-minute 60')
    .action(act<PolicyOptions>(save));
}

async function save(context: CommandContext, options: PolicyOptions, toolset: string, tool: string): Promise<void> {
  const path = `${toolPath(toolset, tool)}/policy`;
  const { signal } = context;
  if (options.clear) {
    await context.api.send<unknown>(path, { method: 'DELETE', signal });
    return print(context, { toolset, tool }, () => `The policy of ${toolset}/${tool} is forgotten.`);
  }
  const json = {
    mutating: asBoolean(options.mutating),
    needs_approval: asBoolean(options.approval),
    repeatable: asBoolean(options.repeatable),
    calls_per_minute: options.perMinute,
    concurrency: options.concurrency,
    timeout_ms: options.timeoutMs,
  };
  const saved = await context.api.send<unknown>(path, { method: 'PUT', json, signal });
  print(context, saved, () => `The policy of ${toolset}/${tool} is saved.`);
}

function asBoolean(answer: 'yes' | 'no' | undefined): boolean | undefined {
  return answer === undefined ? undefined : answer === 'yes';
}
