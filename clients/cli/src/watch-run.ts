import type { CommandContext } from './command-context.js';
import { followRun } from './follow-run.js';
import { RunScreen } from './output/run-screen.js';

export interface WatchOptions {
  /** Whether to print the text while it is written. */
  readonly text: boolean;
  /** Whether to print each event as a line of JSON instead. */
  readonly events: boolean;
  readonly lastEventId?: string;
}

/** Shows a run until it ends: its nodes on the error stream; on the output its text, or its events as JSON. */
export async function watchRun(context: CommandContext, runId: string, options: WatchOptions): Promise<void> {
  const { api, terminal, signal, json } = context;
  const screen = new RunScreen(terminal, options.text && !options.events);
  const onReconnect = (attempt: number, pauseMs: number) =>
    screen.note(`The connection was lost; attempt ${attempt} to continue follows in ${(pauseMs / 1000).toFixed(1)} s.`);
  try {
    for await (const event of followRun(api, runId, { signal, onReconnect, lastEventId: options.lastEventId })) {
      if (options.events)
        terminal.out.write(`${JSON.stringify({ event: event.type, id: event.id, data: event.data })}\n`);
      else if (!json) screen.show(event);
    }
  } finally {
    screen.end();
    if (signal.aborted)
      screen.note(
        `Run ${runId} goes on. See it with \`treadle runs get ${runId}\`, end it with \`treadle runs cancel ${runId}\`.`,
      );
  }
}
