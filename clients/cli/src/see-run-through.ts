import { hasEnded, type Run } from './api-types.js';
import { CliError } from './cli-error.js';
import { type CommandContext, print } from './command-context.js';
import { exitCodes } from './exit-codes.js';
import { outputsText } from './output/run-text.js';
import { watchRun } from './watch-run.js';

export interface SeeingOptions {
  /** Whether to print the text while it is written. */
  readonly stream?: boolean;
  /** Whether to print the run as it began and leave it. */
  readonly async?: boolean;
}

/**
 * Watches a run that has begun until its end and prints what it gave. The watching begins behind the start, so that a connection
 * lost in between loses nothing.
 * @throws CliError when the run fails or is cancelled
 */
export async function seeRunThrough(context: CommandContext, begun: Run, options: SeeingOptions): Promise<void> {
  if (options.async) return print(context, begun, () => begun.id);
  const streamed = options.stream === true;
  await watchRun(context, begun.id, { text: streamed, events: context.json && streamed });
  const ended = await context.api.send<Run>(`/api/v1/runs/${begun.id}`, { signal: context.signal });
  report(context, ended, streamed);
}

function report(context: CommandContext, run: Run, streamed: boolean): void {
  if (context.json && !streamed) print(context, run, () => '');
  if (!context.json && !streamed && run.status === 'completed') print(context, run, () => outputsText(run.outputs));
  if (!context.json && run.conversation_id) context.terminal.err.write(`Conversation ${run.conversation_id}\n`);
  failUnlessCompleted(run);
}

function failUnlessCompleted(run: Run): void {
  if (run.status === 'completed' || !hasEnded(run.status)) return;
  const reason = run.failure ? `: ${run.failure.message} [${run.failure.code}]` : '.';
  throw new CliError(
    `Run ${run.id} ${run.status === 'failed' ? 'failed' : 'was cancelled'}${reason}`,
    exitCodes.runNotCompleted,
  );
}
