import type { Command } from 'commander';
import { type CommandContext, print } from '../command-context.js';
import type { Act } from './act.js';

export function addHealthCommand(program: Command, act: Act): void {
  program
    .command('health')
    .description('whether the server takes work')
    .addHelpText('after', '\nExample:\n  treadle health && treadle runs list')
    .action(act<unknown>(health));
}

async function health(context: CommandContext): Promise<void> {
  const answer = await context.api.send<unknown>('/health/ready', { signal: context.signal });
  print(context, answer, () => `Treadle at ${context.url} is ready.`);
}
