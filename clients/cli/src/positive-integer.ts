import { InvalidArgumentError } from 'commander';

/** Reads a whole number from 1, for options like --version and --limit. */
export function positiveInteger(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
}
