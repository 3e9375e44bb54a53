import type { Command } from 'commander';
import type { Act } from '../act.js';
import { addCallCommand } from './call.command.js';
import { addCallsCommand } from './calls.command.js';
import { addCredentialCommand } from './credential.command.js';
import { addPolicyCommand } from './policy.command.js';
import { addToolsetCommands } from './toolsets.commands.js';
import { addVersionCommands } from './versions.commands.js';

export function addToolsCommand(program: Command, act: Act): void {
  const tools = program
    .command('tools')
    .description('register toolsets, call their tools, and see what was called')
    .addHelpText('after', '\nExample:\n  treadle tools call builtin calculator --argument "expression=6 * 7"');
  for (const add of [
    addToolsetCommands,
    addVersionCommands,
    addCallCommand,
    addPolicyCommand,
    addCredentialCommand,
    addCallsCommand,
  ])
    add(tools, act);
}
