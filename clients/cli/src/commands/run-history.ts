import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type HistoryDifference, verifyHistory } from '@treadle/engine';
import { catalog } from '@treadle/nodes';
import { CliError, usageError } from '../cli-error.js';
import { type CommandContext, print } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';
import { readHistory } from '../read-history.js';
import { readText } from '../read-inputs.js';

/** Writes the history of a run to a file, or to the output, as it arrives. */
export async function history(context: CommandContext, { output }: { output?: string }, id: string): Promise<void> {
  const { api, terminal, signal } = context;
  const chunks = api.download(`/api/v1/runs/${encodeURIComponent(id)}/history`, { signal });
  if (output === undefined) {
    for await (const chunk of chunks) terminal.out.write(chunk);
    return;
  }
  // Nothing is written for a run that is refused.
  const first = await chunks.next();
  const whole = async function* () {
    if (!first.done) yield first.value;
    yield* chunks;
  };
  await pipeline(whole, createWriteStream(output)).catch((error: NodeJS.ErrnoException) => {
    throw error.syscall === 'open'
      ? usageError(`${output} cannot be written (${error.code ?? error.message}).`)
      : error;
  });
}

/** Decides a history once more with the engine of this command, without a server. */
export async function replay(context: CommandContext, _options: unknown, file: string): Promise<void> {
  const { plan, events } = readHistory(await readText(file));
  const difference = verifyHistory(plan, catalog, events);
  const report = { events: events.length, difference: difference ?? null };
  print(context, report, () => (difference ? differenceText(difference) : `${events.length} events, no difference.`));
  if (difference)
    throw new CliError(`Event ${difference.sequence} is decided otherwise by this engine.`, exitCodes.replayDiffers);
}

function differenceText({ sequence, recorded, decided }: HistoryDifference): string {
  const shown = (event: unknown) => (event === undefined ? 'nothing' : JSON.stringify(event));
  return `event ${sequence}\nexpected: ${shown(recorded)}\ndecided:  ${shown(decided)}`;
}
