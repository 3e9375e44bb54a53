import type { Command } from 'commander';
import { allSettings, type SettingRow } from '../all-settings.js';
import { type CommandContext, print } from '../command-context.js';
import { table } from '../output/table.js';
import type { Act } from './act.js';

const help = `
Settings are environment variables. NAME_FILE names a file that holds the value instead.

Example:
  treadle config | grep OPENAI`;

export function addConfigCommand(program: Command, act: Act): void {
  program
    .command('config')
    .description('every setting of every service: name, default, unit and meaning')
    .addHelpText('after', help)
    .action(act<unknown>(config));
}

async function config(context: CommandContext): Promise<void> {
  const settings = await allSettings();
  print(context, settings, () =>
    table(
      ['SETTING', 'DEFAULT', 'UNIT', 'MEANING'],
      settings.map((row) => [row.name, defaultOf(row), row.unit ?? '', `${row.meaning} (${row.services.join(', ')})`]),
    ),
  );
}

function defaultOf(row: SettingRow): string {
  if (row.required) return '(required)';
  return row.default === undefined || row.default === '' ? '(none)' : row.default;
}
