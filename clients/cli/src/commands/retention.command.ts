import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, print } from '../command-context.js';
import { table } from '../output/table.js';
import type { Act } from './act.js';

const kinds = ['runs', 'conversations', 'files'] as const;

type Days = Readonly<Record<(typeof kinds)[number], number | null>>;
type Retention = Days & { readonly effective: Readonly<Record<(typeof kinds)[number], number>> };

const path = '/api/v1/organisation/retention';

export function addRetentionCommand(program: Command, act: Act): void {
  const retention = program.command('retention').description('how long runs, conversations and files are kept');
  retention
    .command('show')
    .description('what counts, and what was set')
    .addHelpText('after', '\nExample:\n  treadle retention show')
    .action(act<unknown>(async (context) => show(context, await read(context))));
  retention
    .command('set')
    .description('change it; what is older is deleted within minutes')
    .option('--runs <days>', 'after the end of a run', days)
    .option('--conversations <days>', 'after the last message', days)
    .option('--files <days>', 'after the upload', days)
    .addHelpText(
      'after',
      '\nDays are a number, 0 to keep things, or default for what the installation says.\n\nExample:\n  treadle retention set --runs 30 --conversations 90',
    )
    .action(
      act<Partial<Days>>(async (context, { runs, conversations, files }) => {
        const { effective: _, ...before } = await read(context);
        const given = Object.entries({ runs, conversations, files }).filter(([, one]) => one !== undefined);
        const json = { ...before, ...Object.fromEntries(given) };
        show(context, await context.api.send<Retention>(path, { method: 'PUT', json, signal: context.signal }));
      }),
    );
}

function days(text: string): number | null {
  if (text === 'default') return null;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number of days, or default.');
}

function read({ api, signal }: CommandContext): Promise<Retention> {
  return api.send<Retention>(path, { signal });
}

function show(context: CommandContext, retention: Retention): void {
  const daysOf = (count: number) => (count === 0 ? 'for ever' : `${count} days`);
  print(context, retention, () =>
    table(
      ['KIND', 'KEPT', 'SET BY'],
      kinds.map((kind) => [
        kind,
        daysOf(retention.effective[kind]),
        retention[kind] === null ? 'the installation' : 'the organisation',
      ]),
    ),
  );
}
