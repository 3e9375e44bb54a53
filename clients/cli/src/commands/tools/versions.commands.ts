import type { Command } from 'commander';
import { type CommandContext, print } from '../../command-context.js';
import { positiveInteger } from '../../positive-integer.js';
import { percent } from '../../read-options.js';
import type { Act } from '../act.js';
import { type RegisteredToolset, registeredText, servingText, type Toolset, toolsetPath } from './toolset.js';

interface VersionOption {
  readonly of?: number;
}

export function addVersionCommands(tools: Command, act: Act): void {
  tools
    .command('refresh')
    .description('read the source of a toolset again; a new version where it offers something else')
    .argument('<toolset>', 'a toolset')
    .option('--share <percent>', 'how much of the calls a new version serves; without it all', percent)
    .addHelpText('after', '\nExample:\n  treadle tools refresh shop --share 10')
    .action(act<{ readonly share?: number }>(refresh));
  tools
    .command('share')
    .description('let a version serve a share of the calls')
    .argument('<toolset>', 'a toolset')
    .argument('<percent>', '0 to 100', percent)
    .option('--of <version>', 'which version; without it the one that serves a share', positiveInteger)
    .addHelpText('after', '\nExample:\n  treadle tools share shop 25 --of 3')
    .action(
      act<VersionOption>((context, { of }, name, share) =>
        post(context, name, 'share', { version: of, share: Number(share) }),
      ),
    );
  tools
    .command('promote')
    .description('let the version that serves a share, or another one, serve all calls')
    .argument('<toolset>', 'a toolset')
    .option('--of <version>', 'which version', positiveInteger)
    .addHelpText('after', '\nExample:\n  treadle tools promote shop')
    .action(act<VersionOption>((context, { of }, name) => post(context, name, 'promote', { version: of })));
  tools
    .command('rollback')
    .description('take back the version that serves a share, else go back to the version before')
    .argument('<toolset>', 'a toolset')
    .addHelpText('after', '\nExample:\n  treadle tools rollback shop')
    .action(act<unknown>((context, _options, name) => post(context, name, 'rollback', undefined)));
}

async function refresh(context: CommandContext, { share }: { readonly share?: number }, name: string): Promise<void> {
  const registered = await context.api.send<RegisteredToolset>(`${toolsetPath(name)}/versions`, {
    method: 'POST',
    json: { share },
    signal: context.signal,
  });
  print(context, registered, () => registeredText(registered));
}

async function post(context: CommandContext, name: string, verb: string, json: object | undefined): Promise<void> {
  const toolset = await context.api.send<Toolset>(`${toolsetPath(name)}/${verb}`, {
    method: 'POST',
    ...(json && { json }),
    signal: context.signal,
  });
  print(context, toolset, () => `Calls of "${name}" are served by ${servingText(toolset)}.`);
}
