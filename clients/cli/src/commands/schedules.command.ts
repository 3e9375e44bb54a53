import type { Command } from 'commander';
import type { Page } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { table } from '../output/table.js';
import type { Act } from './act.js';

interface Schedule {
  readonly id: string;
  readonly workflow_id: string;
  readonly node_id: string;
  readonly cron: string;
  readonly timezone: string;
  readonly active: boolean;
  readonly paused: boolean;
  readonly next_fire_at: string | null;
  readonly last_fired_at: string | null;
  readonly last_error: string | null;
}

const path = '/api/v1/schedules';

export function addSchedulesCommand(program: Command, act: Act): void {
  const schedules = program.command('schedules').description('look at schedules, pause or resume them');
  schedules
    .command('list')
    .description('every schedule, its next moment and its last trouble')
    .addHelpText('after', '\nExample:\n  treadle schedules list')
    .action(act<unknown>(list));
  schedules
    .command('pause')
    .description('begin no runs by a schedule until it is resumed')
    .argument('<schedule>', 'id of a schedule')
    .addHelpText('after', '\nExample:\n  treadle schedules pause 5QhX0a2mT1yQeC3kV8n9Wg')
    .action(act<unknown>((context, _options, id) => change(context, id, 'pause')));
  schedules
    .command('resume')
    .description('let a schedule go on from its next moment; what passed meanwhile is not caught up')
    .argument('<schedule>', 'id of a schedule')
    .addHelpText('after', '\nExample:\n  treadle schedules resume 5QhX0a2mT1yQeC3kV8n9Wg')
    .action(act<unknown>((context, _options, id) => change(context, id, 'resume')));
}

async function list(context: CommandContext): Promise<void> {
  const { items } = await context.api.send<Page<Schedule>>(path, { signal: context.signal });
  print(context, items, () =>
    table(
      ['SCHEDULE', 'WORKFLOW', 'NODE', 'CRON', 'ZONE', 'STATE', 'NEXT', 'LAST', 'TROUBLE'],
      items.map((schedule) => [
        schedule.id,
        schedule.workflow_id,
        schedule.node_id,
        schedule.cron,
        schedule.timezone,
        stateOf(schedule),
        schedule.next_fire_at ?? '-',
        schedule.last_fired_at ?? '-',
        schedule.last_error ?? '',
      ]),
    ),
  );
}

async function change(context: CommandContext, id: string, what: 'pause' | 'resume'): Promise<void> {
  const schedule = await context.api.send<Schedule>(`${path}/${encodeURIComponent(id)}/${what}`, {
    method: 'POST',
    signal: context.signal,
  });
  print(context, schedule, () =>
    schedule.paused
      ? `Schedule "${schedule.node_id}" is paused.`
      : `Schedule "${schedule.node_id}" goes on; next at ${schedule.next_fire_at ?? 'no moment'}.`,
  );
}

function stateOf({ active, paused }: Schedule): string {
  if (!active) return 'inactive';
  return paused ? 'paused' : 'active';
}
