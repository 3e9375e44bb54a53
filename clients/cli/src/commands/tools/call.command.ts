import type { Command } from 'commander';
import { type CommandContext, print } from '../../command-context.js';
import { positiveInteger } from '../../positive-integer.js';
import { addInput, type Inputs, readJsonFile } from '../../read-inputs.js';
import type { Act } from '../act.js';
import { toolPath } from './toolset.js';

interface CallOptions {
  readonly argument?: Inputs;
  readonly argumentsFile?: string;
  readonly of?: number;
  readonly approved?: true;
  readonly key?: string;
}

interface Answer {
  readonly text: string;
  readonly is_error: boolean;
  readonly version: number;
  readonly warnings: readonly string[];
}

export function addCallCommand(tools: Command, act: Act): void {
  tools
    .command('call')
    .description('call a tool once, outside of any run')
    .argument('<toolset>', 'a toolset')
    .argument('<tool>', 'one of its tools')
    .option('--argument <name=text>', 'what it is given; name:=json gives JSON; may be repeated', addArgument)
    .option('--arguments-file <file>', 'a JSON file with arguments; - reads standard input')
    .option('--of <version>', 'a version of the toolset; without it the one that serves', positiveInteger)
    .option('--approved', 'you agree to the call, where the tool needs that')
    .option('--key <key>', 'a repeated call with the same key is given the outcome of the first')
    .addHelpText('after', '\nExample:\n  treadle tools call shop getStock --argument item=tea --argument count:=2')
    .action(act<CallOptions>(call));
}

const addArgument = (text: string, before?: Inputs) => addInput(text, before, '--argument');

async function call(context: CommandContext, options: CallOptions, toolset: string, tool: string): Promise<void> {
  const { argument, argumentsFile, of, approved, key } = options;
  const read = argumentsFile === undefined ? {} : await readJsonFile(argumentsFile, '--arguments-file');
  const answer = await context.api.send<Answer>(`${toolPath(toolset, tool)}/call`, {
    method: 'POST',
    json: { arguments: { ...read, ...argument }, version: of, approved },
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
    signal: context.signal,
  });
  print(context, answer, () =>
    [
      ...(answer.is_error ? ['The tool says that it failed:'] : []),
      answer.text,
      ...answer.warnings.map((warning) => `Warning: ${warning}`),
    ].join('\n'),
  );
}
