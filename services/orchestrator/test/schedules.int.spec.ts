import type { Schedule } from '@treadle/contracts';
import { InProcessBroker, InProcessBus } from '@treadle/messaging';
import { testDatabase } from '@treadle/testing';
import type { WorkflowDocumentInput } from '@treadle/workflow';
import { Pool } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { PgRetention } from '../src/infra/pg-retention.js';
import { Rig, tenantId, until } from './rig.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const hourMs = 3_600_000;

/** A clock that all replicas of a spec share. */
class Clock {
  constructor(public at: number) {}
}

/** A workflow that does nothing but say for which moment it was begun. */
const scheduled = (cron: string, config: Record<string, string> = {}): WorkflowDocumentInput => ({
  format: 'treadle/v1',
  name: 'scheduled',
  nodes: [
    { id: 'tick', type: 'schedule', config: { cron, timezone: 'Europe/Berlin', ...config } },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'at', value_selector: ['tick', 'scheduled_at'] }] } },
  ],
  edges: [{ source: 'tick', target: 'end' }],
});

async function database(): Promise<string> {
  const made = await testDatabase();
  cleanups.push(() => made.drop());
  return made.connectionString;
}

async function rig(connectionString: string, clock: Clock, broker = new InProcessBroker()): Promise<Rig> {
  const made = new Rig(connectionString, new InProcessBus({ broker }), { now: () => clock.at });
  cleanups.push(() => made.close());
  await made.orchestrator.start();
  return made;
}

async function scheduleOf(one: Rig, workflowId: string): Promise<Schedule> {
  const { schedules } = await one.orchestrator.controllers.entries.listSchedules({ tenantId, workflowId });
  return schedules[0]!;
}

/** The moments that runs of a workflow were begun for, oldest first, once the schedule has come to `next`. */
async function firedUpTo(one: Rig, workflowId: string, next: string): Promise<string[]> {
  await until(async () => (await scheduleOf(one, workflowId)).nextFireUnixMs === Date.parse(next) || undefined);
  const runs = await one.runsOf(workflowId);
  expect(runs.every(({ status }) => status === 'completed')).toBe(true);
  return runs.map(({ outputsJson }) => (JSON.parse(outputsJson) as { at: string }).at).sort();
}

describe('schedules', () => {
  it('are fired once for each moment by two orchestrators, also while the clock is put back', async () => {
    const connectionString = await database();
    const clock = new Clock(Date.parse('2026-10-24T23:50:00Z'));
    const broker = new InProcessBroker();
    const one = await rig(connectionString, clock, broker);
    const two = await rig(connectionString, clock, broker);
    const { id: quarters } = await one.publish(scheduled('*/15 * * * *'));
    const { id: daily } = await two.publish(scheduled('30 2 * * *'));
    for (const next of ['2026-10-25T00:45:00Z', '2026-10-25T02:00:00Z']) {
      clock.at = Date.parse(next) - 1;
      await until(async () => (await scheduleOf(one, quarters)).nextFireUnixMs === Date.parse(next) || undefined);
    }
    const expected = Array.from({ length: 8 }, (_, index) =>
      new Date(Date.parse('2026-10-25T00:00:00Z') + index * 900_000).toISOString(),
    );
    expect(await firedUpTo(two, quarters, '2026-10-25T02:00:00Z')).toEqual(expected);
    expect(await firedUpTo(one, daily, '2026-10-26T01:30:00Z')).toEqual(['2026-10-25T00:30:00.000Z']);
    expect([...one.errors, ...two.errors]).toEqual([]);
  });

  it('are not fired again when the process dies after the start and before it has noted it', async () => {
    const connectionString = await database();
    const clock = new Clock(Date.parse('2026-05-01T10:30:00Z'));
    const broker = new InProcessBroker();
    const one = await rig(connectionString, clock, broker);
    const { id } = await one.publish(scheduled('0 * * * *'));
    const admin = new Pool({ connectionString, options: '-c search_path=orchestrator' });
    cleanups.push(() => admin.end());
    await admin.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'cut'; end $$`);
    await admin.query('create trigger cut before update on schedules for each row execute function refuse()');
    clock.at += hourMs / 2;
    await until(() => one.errors[0]);
    expect((await scheduleOf(one, id)).lastFiredUnixMs).toBe(0);
    await one.orchestrator.stop();
    const sweepKeys = () => new PgRetention(admin).removeStartKeys(clock.at + 1000 * hourMs, 100);
    expect(await sweepKeys()).toBe(0);
    await admin.query('drop trigger cut on schedules');
    const two = await rig(connectionString, clock, broker);
    expect(await firedUpTo(two, id, '2026-05-01T12:00:00Z')).toEqual(['2026-05-01T11:00:00.000Z']);
    expect(await sweepKeys()).toBe(1);
  });

  it('catch up what came while nothing ran, as their node wants it', async () => {
    const connectionString = await database();
    const clock = new Clock(Date.parse('2026-05-01T10:30:00Z'));
    const before = await rig(connectionString, clock);
    const ids = await Promise.all(
      ['all', 'latest', 'none'].map(
        async (catch_up) => (await before.publish(scheduled('0 * * * *', { catch_up }))).id,
      ),
    );
    await before.orchestrator.stop();
    clock.at += 4 * hourMs;
    const after = await rig(connectionString, clock);
    const next = '2026-05-01T15:00:00Z';
    const moments = ['11', '12', '13', '14'].map((hour) => `2026-05-01T${hour}:00:00.000Z`);
    expect(await firedUpTo(after, ids[0]!, next)).toEqual(moments);
    expect(await firedUpTo(after, ids[1]!, next)).toEqual(moments.slice(-1));
    expect(await firedUpTo(after, ids[2]!, next)).toEqual([]);
    const dropped = await Promise.all(ids.map(async (id) => (await scheduleOf(after, id)).droppedCount));
    expect(dropped).toEqual([0, 3, 4]);
  });

  it('rest while they are paused, and when the published version has them no more', async () => {
    const clock = new Clock(Date.parse('2026-05-01T10:30:00Z'));
    const one = await rig(await database(), clock);
    const { id } = await one.publish(scheduled('0 * * * *'));
    const { id: other } = await one.publish(scheduled('0 * * * *'));
    const { id: scheduleId } = await scheduleOf(one, id);
    const { controllers } = one.orchestrator;
    await controllers.entries.setSchedulePaused({ tenantId, scheduleId, paused: true });
    clock.at += hourMs;
    await firedUpTo(one, other, '2026-05-01T12:00:00Z');
    expect(await one.runsOf(id)).toEqual([]);
    await controllers.entries.setSchedulePaused({ tenantId, scheduleId, paused: false });
    expect(await scheduleOf(one, id)).toMatchObject({ paused: false, nextFireUnixMs: clock.at + hourMs / 2 });
    const withoutSchedule: WorkflowDocumentInput = {
      ...scheduled('0 * * * *'),
      nodes: [
        { id: 'start', type: 'start' },
        { id: 'end', type: 'end' },
      ],
      edges: [{ source: 'start', target: 'end' }],
    };
    await one.republish(id, withoutSchedule);
    expect(await scheduleOf(one, id)).toMatchObject({ id: scheduleId, active: false });
    await expect(
      controllers.entries.setSchedulePaused({ tenantId: 'another', scheduleId, paused: true }),
    ).rejects.toMatchObject({ failure: { code: 'not_found' } });
  });

  it('keep their place when a version is published whose times are the same', async () => {
    const clock = new Clock(Date.parse('2026-05-01T10:30:00Z'));
    const connectionString = await database();
    const one = await rig(connectionString, clock);
    const { id } = await one.publish(scheduled('0 * * * *'));
    await one.orchestrator.stop();
    clock.at += hourMs;
    const two = await rig(connectionString, clock);
    await two.republish(id, { ...scheduled('0 * * * *'), name: 'renamed' });
    expect(await firedUpTo(two, id, '2026-05-01T12:00:00Z')).toEqual(['2026-05-01T11:00:00.000Z']);
    await two.republish(id, scheduled('30 * * * *'));
    expect(await scheduleOf(two, id)).toMatchObject({ cron: '30 * * * *', nextFireUnixMs: clock.at + hourMs });
  });
});
