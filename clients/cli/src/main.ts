import { CommanderError } from 'commander';
import { CliError } from './cli-error.js';
import { exitCodes } from './exit-codes.js';
import { createProgram } from './program.js';

const interruption = new AbortController();
// One listener for good: while there is none, even between two, a signal kills the process without an exit code.
process.on('SIGINT', () => {
  // The second time nothing is awaited.
  if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
  interruption.abort();
});
// A reader that has seen enough (`| head`) ends the command, quietly.
process.stdout.on('error', () => process.exit(process.exitCode ?? exitCodes.ok));

try {
  await createProgram(interruption.signal).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (interruption.signal.aborted) return exitCodes.interrupted;
  // Commander has printed its help or its complaint itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (!(error instanceof CliError)) throw error;
  process.stderr.write(`${error.message}\n`);
  return error.exitCode;
}
