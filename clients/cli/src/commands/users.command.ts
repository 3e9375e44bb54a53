import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Page } from '../api-types.js';
import { usageError } from '../cli-error.js';
import { type CommandContext, print } from '../command-context.js';
import { fields } from '../output/fields.js';
import { table } from '../output/table.js';
import { readPages } from '../read-pages.js';
import type { Act } from './act.js';

interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly status: string;
  readonly last_sign_in_at: string | null;
}

interface Invited extends User {
  readonly invitation: { readonly token: string; readonly expires_at: string };
}

interface InviteOptions {
  readonly name?: string;
  readonly role?: string;
  readonly passwordStdin?: boolean;
}

const path = '/api/v1/users';
const one = (id: string) => `${path}/${encodeURIComponent(id)}`;

export function addUsersCommand(program: Command, act: Act): void {
  const users = program.command('users').description('the people of the organisation and their roles');
  users
    .command('list')
    .description('everybody, by e-mail address')
    .addHelpText('after', '\nExample:\n  treadle users list')
    .action(act<unknown>(list));
  users
    .command('create')
    .description('invite somebody, or let them in at once with a password')
    .argument('<email>', 'their e-mail address')
    .option('--name <name>', 'what they are called')
    .option('--role <role>', 'owner, admin, editor, operator, viewer, or a role of your own (default: viewer)')
    .option('--password-stdin', 'read their first password from standard input; they need no invitation then')
    .addHelpText(
      'after',
      '\nExample:\n  treadle users create ada@example.com --role owner --password-stdin < password.txt',
    )
    .action(act<InviteOptions>(create));
  users
    .command('role')
    .description('give somebody another role')
    .argument('<user>', 'id of a user')
    .requiredOption('--role <role>', 'the new role')
    .addHelpText('after', '\nExample:\n  treadle users role 0b9f4a6e-6c0a-4f8e-9f0e-000000000001 --role editor')
    .action(act<{ role: string }>((context, { role }, id) => change(context, id, { role })));
  users
    .command('disable')
    .description('shut somebody out, within five seconds')
    .argument('<user>', 'id of a user')
    .addHelpText('after', '\nExample:\n  treadle users disable 0b9f4a6e-6c0a-4f8e-9f0e-000000000001')
    .action(act<unknown>((context, _options, id) => change(context, id, { disabled: true })));
  users
    .command('enable')
    .description('let somebody in again')
    .argument('<user>', 'id of a user')
    .addHelpText('after', '\nExample:\n  treadle users enable 0b9f4a6e-6c0a-4f8e-9f0e-000000000001')
    .action(act<unknown>((context, _options, id) => change(context, id, { disabled: false })));
  users
    .command('reset')
    .description('invite somebody again; who is in already sets a new password by it')
    .argument('<user>', 'id of a user')
    .addHelpText('after', '\nExample:\n  treadle users reset 0b9f4a6e-6c0a-4f8e-9f0e-000000000001')
    .action(act<unknown>(reset));
  users
    .command('remove')
    .description('remove somebody from the organisation')
    .argument('<user>', 'id of a user')
    .addHelpText('after', '\nExample:\n  treadle users remove 0b9f4a6e-6c0a-4f8e-9f0e-000000000001')
    .action(act<unknown>(remove));
}

async function list(context: CommandContext): Promise<void> {
  const { api, signal } = context;
  const users = await readPages((cursor) => api.send<Page<User>>(path, { query: { cursor }, signal }));
  print(context, users, () =>
    table(
      ['USER', 'E-MAIL', 'ROLE', 'STATE', 'LAST SIGN-IN'],
      users.map(({ id, email, role, status, last_sign_in_at }) => [
        id,
        email,
        role,
        status,
        last_sign_in_at ?? 'never',
      ]),
    ),
  );
}

async function create(context: CommandContext, options: InviteOptions, email: string): Promise<void> {
  const { api, signal } = context;
  const password = options.passwordStdin ? (await readAll(process.stdin)).replace(/\r?\n$/, '') : undefined;
  // Before anybody is invited whose password would then be refused.
  if (password !== undefined && password.length < 12) throw usageError('A password has at least 12 characters.');
  const json = { email, name: options.name, role: options.role };
  const invited = await api.send<Invited>(path, { method: 'POST', json, signal });
  if (password === undefined) return print(context, invited, () => invitedText(invited));
  const accepted = { token: invited.invitation.token, password };
  await api.send('/api/v1/auth/accept-invitation', { method: 'POST', json: accepted, signal });
  const user = await api.send<User>(one(invited.id), { signal });
  print(context, user, () => userText(user));
}

async function change(context: CommandContext, id: string, json: object): Promise<void> {
  const user = await context.api.send<User>(one(id), { method: 'PATCH', json, signal: context.signal });
  print(context, user, () => userText(user));
}

async function reset(context: CommandContext, _options: unknown, id: string): Promise<void> {
  const invited = await context.api.send<Invited>(`${one(id)}/invitation`, { method: 'POST', signal: context.signal });
  print(context, invited, () => invitedText(invited));
}

async function remove(context: CommandContext, _options: unknown, id: string): Promise<void> {
  await context.api.send(one(id), { method: 'DELETE', signal: context.signal });
  print(context, { id, removed: true }, () => `${id} is removed.`);
}

function userText({ id, email, role, status }: User): string {
  return fields([
    ['id', id],
    ['e-mail', email],
    ['role', role],
    ['state', status],
  ]);
}

function invitedText(invited: Invited): string {
  const { token, expires_at } = invited.invitation;
  return `${userText(invited)}\n${fields([
    ['invitation', `${token}  (shown only this once, good until ${expires_at})`],
  ])}`;
}
