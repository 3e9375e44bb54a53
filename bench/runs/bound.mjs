// The bound: one process of Node that drives runs of ten steps against PostgreSQL and nothing else. Whatever waits is written by one statement.
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../libs/embedded-postgres/dist/index.js';
import { quantile } from '../quantile.mjs';
import { usageOf } from '../usage.mjs';

const steps = 10;
const payload = JSON.stringify({ type: 'node-completed', key: 'step', outputs: { result: 'x'.repeat(120) } });

export async function groupCommitBound(dataDir, callers, { seconds, warmupSeconds }) {
  const postgres = await startEmbeddedPostgres({ dataDir });
  const client = new pg.Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query('create table record (run bigint, step int, content jsonb, primary key (run, step))');
  const results = [];
  for (const concurrency of callers) {
    const writer = groupWriter(client);
    const run = { next: 0, done: [], counting: false, stopped: false };
    const drivers = Array.from({ length: concurrency }, () => drive(run, writer, concurrency * 1e9));
    await sleep(warmupSeconds);
    const pids = [process.pid, postgres.serverPid];
    const [before, startedAt] = [usageOf(pids), performance.now()];
    run.counting = true;
    await sleep(seconds);
    run.counting = false;
    const [after, elapsed] = [usageOf(pids), (performance.now() - startedAt) / 1_000];
    run.stopped = true;
    await Promise.all(drivers);
    const times = run.done;
    results.push({
      system: 'bound: group commit',
      workload: 'W2',
      concurrency,
      requests: times.length,
      rps: times.length / elapsed,
      p50: quantile(times, 0.5),
      p95: quantile(times, 0.95),
      p99: quantile(times, 0.99),
      errors: 0,
      cpuMsPerRun: (after.cpuMs - before.cpuMs) / times.length,
    });
  }
  await client.end();
  await postgres.stop();
  return results;
}

/** Create, ten steps one after the other, finish. */
async function drive(run, write, offset) {
  while (!run.stopped) {
    run.next += 1;
    const [id, startedAt] = [offset + run.next, performance.now()];
    for (let step = 0; step <= steps + 1; step += 1) await write(id, step);
    if (run.counting) run.done.push(performance.now() - startedAt);
  }
}

/** One statement at a time, with every record that has come in the meantime. */
function groupWriter(client) {
  let waiting = [];
  let writing = false;
  const flush = async () => {
    writing = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      const columns = [group.map(({ id }) => id), group.map(({ step }) => step), group.map(() => payload)];
      await client.query({
        name: 'append',
        text: 'insert into record select * from unnest($1::bigint[], $2::int[], $3::jsonb[])',
        values: columns,
      });
      for (const { done } of group) done();
    }
    writing = false;
  };
  return (id, step) =>
    new Promise((done) => {
      waiting.push({ id, step, done });
      if (!writing) void flush();
    });
}

function sleep(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
