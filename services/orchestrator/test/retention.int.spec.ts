import { randomUUID } from 'node:crypto';
import { InProcessBus } from '@treadle/messaging';
import { createPool, TenantTables } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepTenants } from '../src/domain/retention/sweep-tenants.js';
import { sweep } from '../src/domain/runs/retention.js';
import { type Database, schemaName } from '../src/infra/database.js';
import { KyselyRetentionSettings } from '../src/infra/kysely-retention-settings.js';
import { PgRetention } from '../src/infra/pg-retention.js';
import { executeAll, Rig, tenantId, twoTasks, waiting } from './rig.js';

const dayMs = 86_400_000;
/** Runs whose large values were deleted. */
const forgotten: object[] = [];
const times = { runRetentionDays: 30, startKeyHours: 24 };

let pool: Pool;
let rig: Rig;
let quick: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = () => database.drop();
  const bus = new InProcessBus();
  rig = new Rig(database.connectionString, bus, { alone: true });
  await rig.orchestrator.start();
  await executeAll(bus);
  pool = createPool(database.connectionString, { schema: schemaName });
  quick = await rig.store(twoTasks);
});

afterAll(async () => {
  await rig.close();
  await pool.end();
  await drop();
});

async function run(workflowId: string, idempotencyKey = ''): Promise<string> {
  const answers = await rig.start(workflowId, { wait: true, idempotencyKey, requestHash: 'h' });
  return answers.at(-1)!.run!.id;
}

/** A workflow that waits for a moment far away, so that its run is paused and never over. */
const patient = {
  ...waiting,
  nodes: waiting.nodes.map((node) =>
    node.id === 'wait' ? { ...node, config: { mode: 'duration', duration: 86_000 } } : node,
  ),
};

async function rowsOf(runId: string): Promise<number[]> {
  const count = async (table: string, column = 'run_id') =>
    (await pool.query<{ n: number }>(`select count(*)::int n from ${table} where ${column} = $1`, [runId])).rows[0]!.n;
  return [await count('runs', 'id'), Math.min(1, await count('journal')), await count('start_keys')];
}

describe('retention', () => {
  it('deletes ended runs whole when their time is over, their start keys before, and nothing of one that is not over', async () => {
    const [ended, paused] = [await run(quick, 'a'), await run(await rig.store(patient), 'b')];
    const retention = new PgRetention(pool);
    const sweepIn = (days: number) =>
      sweep(retention, times, Date.now() + days * dayMs, async (run) => void forgotten.push(run));
    await sweepIn(0.9);
    expect(await rowsOf(ended)).toEqual([1, 1, 1]);
    await sweepIn(1.1);
    expect(await rowsOf(ended)).toEqual([1, 1, 0]);
    await sweepIn(31);
    expect(await rowsOf(ended)).toEqual([0, 0, 0]);
    expect(await rowsOf(paused)).toEqual([1, 1, 1]);
    expect(forgotten).toEqual([{ tenantId, runId: ended }]);
    const { controllers } = rig.orchestrator;
    expect(await controllers.runs.cancelRun({ tenantId, runId: paused, reason: '' })).toMatchObject({
      cancelled: true,
    });
  });

  it('goes by what a tenant has said, also for conversations and files, and leaves what is not over', async () => {
    const [ended, paused] = [await run(quick), await run(await rig.store(patient))];
    const { retention: settings, files } = rig.orchestrator.controllers;
    const file = { id: randomUUID(), name: 'f', extension: '', mediaType: 'text/plain', kind: 'document' };
    await files.registerFile({ tenantId, file: { ...file, bytes: 1, sha256: '', createdUnixMs: 0 } });
    const conversation = randomUUID();
    await pool.query(
      `insert into conversations (id, tenant_id, workflow_id, end_user, name, turns, created_at, active_at)
       values ($1, $2, $3, '', '', 1, now(), now())`,
      [conversation, tenantId, quick],
    );
    const countOf = async (table: string, id: string) =>
      (await pool.query(`select from ${table} where id = $1`, [id])).rowCount;
    const deleted: string[] = [];
    const sweepIn = (days: number) =>
      sweepTenants(
        {
          settings: new KyselyRetentionSettings(new TenantTables<Database>(pool)),
          retention: new PgRetention(pool),
          installation: { runs: 0, conversations: 0, files: 0 },
          startKeyHours: 24,
          deleteValues: async () => undefined,
          deleteFile: async (_, id) => {
            deleted.push(id);
            await files.deleteFile({ tenantId, fileId: id });
          },
        },
        Date.now() + days * dayMs,
      );
    await sweepIn(1000);
    expect([(await rowsOf(ended))[0], await countOf('conversations', conversation), deleted]).toEqual([1, 1, []]);
    const { effective } = await settings.setRetention({ tenantId, days: { runs: 3, conversations: 5, files: 7 } });
    expect(effective).toEqual({ runs: 3, conversations: 5, files: 7 });
    await sweepIn(2.9);
    expect((await rowsOf(ended))[0]).toBe(1);
    await sweepIn(3.1);
    expect([(await rowsOf(ended))[0], (await rowsOf(paused))[0]]).toEqual([0, 1]);
    expect(await countOf('conversations', conversation)).toBe(1);
    await sweepIn(5.1);
    expect([await countOf('conversations', conversation), deleted]).toEqual([0, []]);
    await sweepIn(7.1);
    expect(deleted).toEqual([file.id]);
    expect((await rowsOf(paused))[0]).toBe(1);
    await settings.setRetention({ tenantId, days: {} });
    await rig.orchestrator.controllers.runs.cancelRun({ tenantId, runId: paused, reason: '' });
  });

  it('keeps runs for ever unless it is told otherwise', async () => {
    const ended = await run(quick);
    await sweep(
      new PgRetention(pool),
      { ...times, runRetentionDays: 0 },
      Date.now() + 10_000 * dayMs,
      async (run) => void forgotten.push(run),
    );
    expect(await rowsOf(ended)).toEqual([1, 1, 0]);
  });

  it('keeps a run while another one continues it, however old both are', async () => {
    const origin = await run(quick);
    const removed: string[] = [];
    const rerun = async (runId: string) => {
      const request = { tenantId, runId, nodeKey: 'b', inputsJson: '', variablesJson: '', version: '' };
      const more = { idempotencyKey: '', requestHash: '', wait: true, traceparent: '' };
      const answers = await Array.fromAsync(
        rig.orchestrator.controllers.continuations.rerunRun({ ...request, ...more }),
      );
      return answers.at(-1)!.run!.id;
    };
    const second = await rerun(origin);
    const third = await rerun(second);
    const sweepOnce = () =>
      sweep(new PgRetention(pool), times, Date.now() + 31 * dayMs, async ({ runId }) => void removed.push(runId));
    await sweepOnce();
    expect(removed).toContain(third);
    // Nor does it go where both happen in the same moment.
    const atOnce = pool.query('delete from runs where id = $1', [origin]);
    await expect(atOnce).rejects.toMatchObject({ constraint: 'runs_origin' });
    expect([await rowsOf(origin), await rowsOf(second)]).toEqual([
      [1, 1, 0],
      [1, 1, 0],
    ]);
    await sweepOnce();
    await sweepOnce();
    expect(removed.slice(-3)).toEqual([third, second, origin]);
    await expect(rerun(origin)).rejects.toMatchObject({ failure: { code: 'not_found' } });
  });

  it('keeps nobody from starting or ending runs, and leaves what another holds for the next time', async () => {
    const [first, second] = [await run(quick), await run(quick)];
    const sweeping = await pool.connect();
    const soon = Date.now() + 31 * dayMs;
    try {
      await sweeping.query('begin');
      expect(await new PgRetention(sweeping).removeRuns(soon, 1)).toHaveLength(1);
      const meanwhile = await run(quick);
      expect((await rig.read(meanwhile)).status).toBe('completed');
      // Another replica takes what is left without waiting for the one that has not finished.
      expect((await new PgRetention(pool).removeRuns(soon, 100)).length).toBeGreaterThanOrEqual(2);
      await sweeping.query('rollback');
    } finally {
      sweeping.release();
    }
    expect(await new PgRetention(pool).removeRuns(soon, 100)).toHaveLength(1);
    expect([await rowsOf(first), await rowsOf(second)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});
