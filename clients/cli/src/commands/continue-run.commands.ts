import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Run } from '../api-types.js';
import { usageError } from '../cli-error.js';
import type { CommandContext } from '../command-context.js';
import { addInput, type Inputs } from '../read-inputs.js';
import { type SeeingOptions, seeRunThrough } from '../see-run-through.js';
import type { Act } from './act.js';

interface ContinueOptions extends SeeingOptions {
  readonly input?: Inputs;
  readonly variable?: Inputs;
  readonly version?: number | string;
  readonly idempotencyKey?: string;
}

const resumeExample = `
What is finished is taken over: nothing already paid for is paid again.

Examples:
  treadle runs resume 0199a5b2-7c1e-7000-8000-000000000001
  treadle runs resume 0199a5b2-7c1e-7000-8000-000000000001 --input text="Good evening" --version latest`;

const rerunExample = `
Example:
  treadle runs rerun 0199a5b2-7c1e-7000-8000-000000000001 --from each[3]/llm`;

/** Adds the commands that continue a run to those about runs. */
export function addContinueCommands(runs: Command, act: Act): void {
  continuing(runs.command('resume').description('go on where a failed or cancelled run was stopped, as a new run'))
    .addHelpText('after', resumeExample)
    .action(act<ContinueOptions>((context, options, id) => continueRun(context, `${id}/resume`, options)));
  continuing(runs.command('rerun').description('do a finished node again and all that followed, as a new run'))
    .requiredOption('--from <node>', 'key of the node, as `treadle runs get` shows it')
    .addHelpText('after', rerunExample)
    .action(
      act<ContinueOptions & { readonly from: string }>((context, options, id) =>
        continueRun(context, `${id}/rerun`, options, { node: options.from }),
      ),
    );
}

function continuing(command: Command): Command {
  return command
    .argument('<run>', 'id of a run that is over')
    .option('-i, --input <name=value>', 'replaces a text input; name:=value takes JSON (repeatable)', addInput)
    .option('--variable <name=value>', 'the same for a variable of the conversation', addInput)
    .option('--version <version>', 'this version of the workflow: a number, latest or published', versionOf)
    .option('-s, --stream', 'print the text while it is written')
    .option('--async', 'print the run and do not wait for its end')
    .option('--idempotency-key <key>', 'repeating the command with the same key returns the first run');
}

function versionOf(text: string): number | string {
  if (text === 'latest' || text === 'published') return text;
  const version = Number(text);
  if (Number.isInteger(version) && version > 0) return version;
  throw usageError(`--version takes a number, "latest" or "published", not "${text}".`);
}

async function continueRun(
  context: CommandContext,
  path: string,
  { input: inputs, variable: variables, version, idempotencyKey, ...seeing }: ContinueOptions,
  more: object = {},
): Promise<void> {
  const begun = await context.api.send<Run>(`/api/v1/runs/${path}`, {
    method: 'POST',
    json: { ...more, inputs, variables, version, mode: 'async' },
    headers: { 'idempotency-key': idempotencyKey ?? randomUUID() },
    signal: context.signal,
  });
  if (!context.json) context.terminal.err.write(`Run ${begun.id}\n`);
  await seeRunThrough(context, begun, seeing);
}
