// What a run costs as what is stored grows: histories, paused runs, organisations, and the workflow itself; and what a run under way holds in memory.
// Prints a table and writes bench/results/growth.json. `npm run bench:growth -- --help` tells the options.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stopAll } from './children.mjs';
import { fillJournal, fillPaused, fillTenants } from './growth/fill.mjs';
import { machineSpeed } from './machine.mjs';
import { measure } from './runs/measure.mjs';
import { startTreadle } from './runs/treadle.mjs';
import { chain, template, workloads } from './runs/workloads.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    warmup: { type: 'string', default: '2' },
    callers: { type: 'string', default: '10' },
    events: { type: 'string', default: '1000000,5000000' },
    paused: { type: 'string', default: '10000,100000' },
    tenants: { type: 'string', default: '1000' },
    nodes: { type: 'string', default: '10,100,500' },
    live: { type: 'string', default: '1000,5000' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run bench:growth -- [options]
  --seconds <n>      how long each load is measured, default 4
  --warmup <n>       seconds of each load before it counts, default 2
  --callers <n>      callers at once, default 10
  --events <list>    events in the history of runs, default 1000000,5000000
  --paused <list>    paused runs, default 10000,100000
  --tenants <list>   organisations that call in turns, default 1000
  --nodes <list>     logic nodes of a workflow, default 10,100,500
  --live <list>      runs under way whose memory is measured, default 1000,5000
The table goes to standard output, progress to standard error, all figures to bench/results/growth.json.`);
  process.exit(0);
}

const dataDir = mkdtempSync(join(tmpdir(), 'treadle-bench-'));
const settings = {
  seconds: Number(values.seconds),
  warmupSeconds: Number(values.warmup),
  concurrency: Number(values.callers),
};
const listed = (name) => values[name].split(',').map(Number);
const results = [];
/** Of the machine at the first line; the others say how fast it was beside that. */
let firstSpeed;

try {
  const system = await startTreadle('standalone', { mockUrl: 'http://127.0.0.1:9', dataDir });
  const [w1, w2] = [await published(system, workloads.W1.document), await published(system, workloads.W2.document)];
  await load(system, w1);
  await load(system, w2);
  await ofNodes(system);
  await ofTenants(system, w2);
  await ofLiveRuns(system);
  await ofHistory(system, w1, w2);
  await ofPaused(system, w2);
  await system.stop();
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/growth.json', `${JSON.stringify({ machine, settings, results }, null, 2)}\n`);
  console.log(
    `What a run costs, ${settings.concurrency} callers, in one process, ${machine.cpus} processors (${machine.model}), Node ${machine.node}`,
  );
  console.table(results);
} finally {
  await stopAll();
  rmSync(dataDir, { recursive: true, force: true });
}

async function published(system, document) {
  const url = await system.publish(document);
  return { url, body: '{"inputs":{},"mode":"wait"}', id: /workflows\/([^/]+)/.exec(url)[1] };
}

function isGood(received) {
  return received.startsWith('HTTP/1.1 200') && received.includes('"status":"completed"');
}

function load(system, { url, body }, more = {}) {
  return measure(system, { url, body, isGood, ...settings, ...more });
}

/** Measures a workload and adds its line. */
async function line(system, what, size, workload, asked, more) {
  const speeds = [machineSpeed()];
  const figures = await load(system, asked, more);
  speeds.push(machineSpeed());
  const speed = (speeds[0] + speeds[1]) / 2;
  firstSpeed ??= speed;
  const fixed = (value, digits = 2) => Number(value.toFixed(digits));
  const row = {
    what,
    size,
    workload,
    'runs/s': fixed(figures.rps, 0),
    'p50 ms': fixed(figures.p50),
    'CPU ms/run': fixed(figures.cpuMsPerRun),
    'of it PostgreSQL': fixed(figures.postgresCpuMsPerRun),
    'WAL bytes/run': fixed(figures.walBytesPerRun, 0),
    'memory MB': fixed(figures.residentMb, 0),
    errors: figures.errors,
    machine: fixed(speed / firstSpeed),
  };
  results.push(row);
  console.error(Object.values(row).join('  '), figures.firstError ?? '');
  return row;
}

async function ofNodes(system) {
  for (const count of listed('nodes')) {
    const asked = await published(system, chain(`chain of ${count}`, template, count));
    const row = await line(system, 'nodes of a workflow', count, `${count} logic nodes`, asked);
    row['CPU us/node'] = Number(((row['CPU ms/run'] * 1000) / count).toFixed(1));
  }
}

async function ofTenants(system, { id, url, body }) {
  await line(system, 'organisations', 1, 'W2', { url, body });
  for (const count of listed('tenants')) {
    const tenants = await fillTenants(system.sql, id, count);
    await firstCalls(system, tenants, body);
    let turn = 0;
    const nextRequest = () => {
      const { authorization, id: own } = tenants[turn++ % count];
      return { path: `/api/v1/workflows/${own}/runs`, headers: { authorization } };
    };
    await line(system, 'organisations', count, 'W2', { url, body }, { nextRequest });
  }
}

/** What is measured is many organisations at work, not the first call of each. */
async function firstCalls({ url }, tenants, body) {
  const left = [...tenants];
  const call = async ({ authorization, id }) => {
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/v1/workflows/${id}/runs`, { method: 'POST', headers, body });
    const received = await answer.text();
    if (!answer.ok) throw new Error(`an organisation's first call: ${answer.status} ${received}`);
  };
  const caller = async () => {
    for (let tenant = left.pop(); tenant; tenant = left.pop()) await call(tenant);
  };
  await Promise.all(Array.from({ length: settings.concurrency }, caller));
}

async function ofHistory(system, w1, w2) {
  const run = await lastRun(system, w2);
  for (const events of [0, ...listed('events')]) {
    const held = events === 0 ? 0 : await fillJournal(system.sql, run, events);
    await line(system, 'events of the past', held, 'W1', w1);
    await line(system, 'events of the past', held, 'W2', w2);
  }
}

async function ofPaused(system, w2) {
  const run = await lastRun(system, w2);
  let have = 0;
  for (const count of listed('paused')) {
    await fillPaused(system.sql, run, count - have);
    have = count;
    await line(system, 'paused runs', count, 'W2', w2);
  }
}

async function lastRun(system, { url, body }) {
  const init = { method: 'POST', headers: { ...system.headers, 'content-type': 'application/json' }, body };
  return (await (await fetch(url, init)).json()).id;
}

/** Runs whose second node waits in the queue of a pool that nobody serves; all of them are in the orchestrator's memory. */
async function ofLiveRuns(system) {
  const url = await system.publish(chain('held', () => ({ type: 'hold', config: {} }), 1));
  const init = {
    method: 'POST',
    headers: { ...system.headers, 'content-type': 'application/json' },
    body: '{"inputs":{},"mode":"async"}',
  };
  const ids = [];
  const before = await system.heapUsed();
  for (const count of listed('live')) {
    while (ids.length < count)
      ids.push(
        ...(await Promise.all(Array.from({ length: 50 }, async () => (await (await fetch(url, init)).json()).id))),
      );
    const grown = (await system.heapUsed()) - before;
    results.push({
      what: 'runs under way',
      size: count,
      'MB per 1,000': Number(((grown / 1_048_576 / count) * 1000).toFixed(2)),
    });
    console.error('runs under way', count, (grown / 1_048_576).toFixed(1), 'MB');
  }
  for (const id of ids) await fetch(`${system.url}/api/v1/runs/${id}/cancel`, { ...init, body: '{}' });
}
