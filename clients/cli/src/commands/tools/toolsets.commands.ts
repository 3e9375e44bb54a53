import type { Command } from 'commander';
import type { Page } from '../../api-types.js';
import { type CommandContext, print } from '../../command-context.js';
import { table } from '../../output/table.js';
import { readText } from '../../read-inputs.js';
import { addAssignment, percent } from '../../read-options.js';
import { readPages } from '../../read-pages.js';
import type { Act } from '../act.js';
import {
  type RegisteredToolset,
  registeredText,
  type ShownTool,
  servingText,
  type Toolset,
  toolsetPath,
  toolsetsPath,
} from './toolset.js';

interface RegisterOptions {
  readonly kind: string;
  readonly url?: string;
  readonly document?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly share?: number;
}

const registerHelp = `
A source that offers something else than before becomes a new version. With --share it serves that much of the calls, until
"treadle tools promote" lets it serve all or "treadle tools rollback" takes it back.

Examples:
  treadle tools register shop --kind openapi --document openapi.yaml
  treadle tools register search --kind mcp --url https://mcp.example.com/mcp --share 10`;

export function addToolsetCommands(tools: Command, act: Act): void {
  tools
    .command('list')
    .description('every toolset')
    .addHelpText('after', '\nExample:\n  treadle tools list')
    .action(act<unknown>(list));
  tools
    .command('show')
    .description('the tools of a toolset')
    .argument('<toolset>', 'a toolset')
    .addHelpText('after', '\nExample:\n  treadle tools show builtin')
    .action(act<unknown>(show));
  tools
    .command('register')
    .description('register a toolset, or a new version of it')
    .argument('<name>', 'how workflows call it')
    .requiredOption('--kind <kind>', 'what its source is: openapi or mcp')
    .option('--url <url>', 'the address of its source')
    .option('--document <file>', 'the file with its source; - reads standard input')
    .option('--set <name=value>', 'another setting of this kind of source; may be repeated', addAssignment)
    .option('--description <text>', 'what it is for')
    .option('--share <percent>', 'how much of the calls a new version serves; without it all', percent)
    .addHelpText('after', registerHelp)
    .action(act<RegisterOptions>(register));
  tools
    .command('remove')
    .description('forget a toolset with its versions, policies and credential')
    .argument('<toolset>', 'a toolset')
    .addHelpText('after', '\nExample:\n  treadle tools remove shop')
    .action(act<unknown>(remove));
}

async function list(context: CommandContext): Promise<void> {
  const { api, signal } = context;
  const toolsets = await readPages((cursor) =>
    api.send<Page<Toolset>>(toolsetsPath, { query: { cursor, limit: '100' }, signal }),
  );
  print(context, toolsets, () =>
    table(
      ['TOOLSET', 'KIND', 'SERVED BY', 'CREDENTIAL'],
      toolsets.map((toolset) => [
        toolset.name,
        toolset.kind,
        servingText(toolset),
        toolset.credential ? `${toolset.credential.type} for ${toolset.credential.hosts.join(', ')}` : '-',
      ]),
    ),
  );
}

async function show(context: CommandContext, _options: unknown, name: string): Promise<void> {
  const shown = await context.api.send<Toolset & { readonly tools: readonly ShownTool[] }>(toolsetPath(name), {
    signal: context.signal,
  });
  print(context, shown, () =>
    table(
      ['TOOL', 'MAY CHANGE', 'APPROVAL', 'WHAT IT DOES'],
      shown.tools.map((tool) => [
        tool.name,
        tool.mutating ? 'yes' : 'no',
        tool.needs_approval ? 'yes' : 'no',
        tool.description.split('\n')[0]?.slice(0, 80) ?? '',
      ]),
    ),
  );
}

async function register(context: CommandContext, options: RegisterOptions, name: string): Promise<void> {
  const { kind, url, document, set, description, share } = options;
  const text = document === undefined ? undefined : await readText(document);
  const source = { ...set, ...(url !== undefined && { url }), ...(text !== undefined && { document: text }) };
  const registered = await context.api.send<RegisteredToolset>(toolsetPath(name), {
    method: 'PUT',
    json: { kind, source, description, share },
    signal: context.signal,
  });
  print(context, registered, () => registeredText(registered));
}

async function remove(context: CommandContext, _options: unknown, name: string): Promise<void> {
  await context.api.send<unknown>(toolsetPath(name), { method: 'DELETE', signal: context.signal });
  print(context, { name }, () => `Toolset "${name}" is forgotten.`);
}
