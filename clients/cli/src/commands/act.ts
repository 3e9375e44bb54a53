import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** What a command does with its options and its arguments (the first is empty where it takes none). */
export type Action<Options> = (
  context: CommandContext,
  options: Options,
  argument: string,
  ...more: string[]
) => Promise<void>;

/** Turns an action into what commander calls: with the arguments, then the options, then the command. */
export type Act = <Options>(action: Action<Options>) => (...called: unknown[]) => Promise<void>;

/** Gives each action its context. */
export function actWith(contextOf: (command: Command) => CommandContext): Act {
  return (action) =>
    async (...called) => {
      const [options, command] = called.slice(-2) as [Parameters<typeof action>[1], Command];
      const [argument = '', ...more] = called.slice(0, -2).map(String);
      await action(contextOf(command), options, argument, ...more);
    };
}
