import { type ExitCode, exitCodes } from './exit-codes.js';

/** Ends the command with a sentence for the user and an exit code for scripts. */
export class CliError extends Error {
  override readonly name: string = 'CliError';

  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function usageError(message: string): CliError {
  return new CliError(message, exitCodes.usage);
}
