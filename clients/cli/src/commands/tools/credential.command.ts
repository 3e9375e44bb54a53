import type { Command } from 'commander';
import { type CommandContext, print } from '../../command-context.js';
import { readText } from '../../read-inputs.js';
import { addAssignment } from '../../read-options.js';
import type { Act } from '../act.js';
import { toolsetPath } from './toolset.js';

interface SetOptions {
  readonly type: string;
  readonly host?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
  readonly secret?: Readonly<Record<string, string>>;
}

const help = `
Types and what they take: header, query and cookie (name, value); bearer (token); basic (username, password);
oauth2_client_credentials (token_url, client_id, client_secret, scope, audience, client_auth); oauth2_refresh_token (and refresh_token).
Secrets are read from files, so that no list of processes shows them.

Examples:
  treadle tools credential set shop --type header --set name=X-Api-Key --secret value=key.txt
  treadle tools credential test shop --url https://api.example.com/me`;

export function addCredentialCommand(tools: Command, act: Act): void {
  const credential = tools.command('credential').description('with which a toolset calls its hosts');
  credential
    .command('set')
    .description('save or replace it; it is sealed and never shown again')
    .argument('<toolset>', 'a toolset')
    .requiredOption(
      '--type <type>',
      'header, query, cookie, bearer, basic, oauth2_client_credentials, oauth2_refresh_token',
    )
    .option(
      '--host <host>',
      'send it there and nowhere else; may be repeated; without it to what the toolset calls',
      add,
    )
    .option('--set <name=value>', 'what of it is no secret; may be repeated', addAssignment)
    .option(
      '--secret <name=file>',
      'the file that holds a secret; - reads standard input; may be repeated',
      addAssignment,
    )
    .addHelpText('after', help)
    .action(act<SetOptions>(set));
  credential
    .command('test')
    .description('send one request with it')
    .argument('<toolset>', 'a toolset')
    .option('--url <url>', 'an address of one of its hosts that answers to GET')
    .addHelpText('after', '\nExample:\n  treadle tools credential test shop --url https://api.example.com/me')
    .action(act<{ readonly url?: string }>(test));
  credential
    .command('remove')
    .description('forget it')
    .argument('<toolset>', 'a toolset')
    .addHelpText('after', '\nExample:\n  treadle tools credential remove shop')
    .action(act<unknown>(remove));
}

const add = (host: string, before: readonly string[] = []) => [...before, host];

async function set(
  context: CommandContext,
  { type, host, set: plain, secret }: SetOptions,
  name: string,
): Promise<void> {
  const secrets: Record<string, string> = {};
  for (const [member, file] of Object.entries(secret ?? {})) secrets[member] = (await readText(file)).trim();
  const saved = await context.api.send<{ readonly hosts: readonly string[] }>(pathOf(name), {
    method: 'PUT',
    json: { type, hosts: host, values: { ...plain, ...secrets } },
    signal: context.signal,
  });
  print(context, saved, () => `The credential of "${name}" is saved for ${saved.hosts.join(', ')}.`);
}

async function test(context: CommandContext, { url }: { readonly url?: string }, name: string): Promise<void> {
  const result = await context.api.send<{ readonly message: string }>(`${pathOf(name)}/test`, {
    method: 'POST',
    json: { url },
    signal: context.signal,
  });
  print(context, result, () => result.message);
}

async function remove(context: CommandContext, _options: unknown, name: string): Promise<void> {
  await context.api.send<unknown>(pathOf(name), { method: 'DELETE', signal: context.signal });
  print(context, { name }, () => `The credential of "${name}" is forgotten.`);
}

function pathOf(name: string): string {
  return `${toolsetPath(name)}/credential`;
}
