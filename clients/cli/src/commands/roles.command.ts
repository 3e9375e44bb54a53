import type { Command } from 'commander';
import type { Page } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { table } from '../output/table.js';
import type { Act } from './act.js';

interface Role {
  readonly name: string;
  readonly permissions: readonly string[];
  readonly built_in: boolean;
}

const path = '/api/v1/roles';

export function addRolesCommand(program: Command, act: Act): void {
  const roles = program.command('roles').description('what people may do: look at roles, and make your own');
  roles
    .command('list')
    .description('every role with its permissions')
    .addHelpText('after', '\nExample:\n  treadle roles list')
    .action(act<unknown>(list));
  roles
    .command('save')
    .description('create or change a role of your own')
    .argument('<role>', 'its name: a-z, 0-9 and -')
    .requiredOption('--permission <permission...>', 'what it may do, such as runs:read workflows:read')
    .addHelpText('after', '\nExample:\n  treadle roles save auditor --permission runs:read usage:read')
    .action(act<{ permission: string[] }>(save));
  roles
    .command('remove')
    .description('delete a role that nobody has')
    .argument('<role>', 'its name')
    .addHelpText('after', '\nExample:\n  treadle roles remove auditor')
    .action(act<unknown>(remove));
}

async function list(context: CommandContext): Promise<void> {
  const { items } = await context.api.send<Page<Role>>(path, { signal: context.signal });
  print(context, items, () =>
    table(
      ['ROLE', 'PERMISSIONS'],
      items.map(({ name, permissions }) => [name, permissions.join(' ')]),
    ),
  );
}

async function save(context: CommandContext, { permission }: { permission: string[] }, name: string): Promise<void> {
  const json = { permissions: permission };
  const role = await context.api.send<Role>(`${path}/${encodeURIComponent(name)}`, {
    method: 'PUT',
    json,
    signal: context.signal,
  });
  print(context, role, () => `${role.name}: ${role.permissions.join(' ')}`);
}

async function remove(context: CommandContext, _options: unknown, name: string): Promise<void> {
  await context.api.send(`${path}/${encodeURIComponent(name)}`, { method: 'DELETE', signal: context.signal });
  print(context, { name, removed: true }, () => `The role ${name} is deleted.`);
}
