import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Run } from '../api-types.js';
import type { CommandContext } from '../command-context.js';
import { addFile, type FileOptions, uploadInputs } from '../file-inputs.js';
import { findWorkflow } from '../find-workflow.js';
import { positiveInteger } from '../positive-integer.js';
import { addInput, type Inputs, readInputsFile } from '../read-inputs.js';
import { type SeeingOptions, seeRunThrough } from '../see-run-through.js';
import type { Act } from './act.js';

interface RunOptions extends SeeingOptions {
  readonly input?: Inputs;
  readonly inputsFile?: string;
  readonly file?: FileOptions;
  readonly query?: string;
  readonly user?: string;
  readonly conversation?: string;
  readonly version?: number;
  readonly idempotencyKey?: string;
}

const example = `
A run goes on when this command is interrupted or loses its connection.

Examples:
  treadle run translate --input text="Good morning" --input formal:=true
  treadle run describe --file photo=cat.png
  treadle run assistant --query "What is a treadle?" --stream
  treadle run assistant --query "And who invented it?" --conversation 0199a5b2-7c1e-7000-8000-000000000001
  treadle run report --inputs-file inputs.json --async --idempotency-key report-42`;

export function addRunCommand(program: Command, act: Act): void {
  program
    .command('run')
    .description('start a run and wait for its end')
    .argument('<workflow>', 'id or name of a workflow')
    .option(
      '-i, --input <name=value>',
      'a text input; name:=value takes JSON (repeatable)',
      (one: string, before?: Inputs) => addInput(one, before),
    )
    .option('--inputs-file <file>', 'a JSON object of inputs; - reads standard input')
    .option('-f, --file <name=path>', 'a file input, uploaded first; the same name again makes a list', addFile)
    .option('-q, --query <text>', 'what the user asks, for chat workflows')
    .option('--user <name>', 'your name for the end user')
    .option('--conversation <id>', 'continue this conversation')
    .option('--version <number>', 'this version instead of the published one', positiveInteger)
    .option('-s, --stream', 'print the text while it is written')
    .option('--async', 'print the run and do not wait for its end')
    .option('--idempotency-key <key>', 'repeating the command with the same key returns the first run')
    .addHelpText('after', example)
    .action(act<RunOptions>(run));
}

async function run(context: CommandContext, options: RunOptions, idOrName: string): Promise<void> {
  const given = { ...(options.inputsFile && (await readInputsFile(options.inputsFile))), ...options.input };
  const workflow = await findWorkflow(context.api, idOrName);
  const inputs = { ...given, ...(options.file && (await uploadInputs(context.api, options.file, context.signal))) };
  const started = await startRun(context, workflow.id, inputs, options);
  await seeRunThrough(context, started, options);
}

async function startRun({ api, signal }: CommandContext, workflowId: string, inputs: Inputs, options: RunOptions) {
  const { query, user, version, conversation } = options;
  return api.send<Run>(`/api/v1/workflows/${encodeURIComponent(workflowId)}/runs`, {
    method: 'POST',
    json: { inputs, query, user, version, conversation_id: conversation, mode: 'async' },
    headers: { 'idempotency-key': options.idempotencyKey ?? randomUUID() },
    signal,
  });
}
