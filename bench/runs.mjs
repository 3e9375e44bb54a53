// What a run costs: six kinds of workflow through the API, in one process and in several, beside a peer and a bound measured in the same run.
// Prints tables and writes bench/results/runs.json. `npm run bench:runs -- --help` tells the options.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstLine, start, stopAll } from './children.mjs';
import { load } from './load.mjs';
import { groupCommitBound } from './runs/bound.mjs';
import { measure } from './runs/measure.mjs';
import { printRuns } from './runs/print.mjs';
import { restateVersions, startRestate } from './runs/restate.mjs';
import { canRunProcesses, startTreadle } from './runs/treadle.mjs';
import { latencyMs, tokens, workloads } from './runs/workloads.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    warmup: { type: 'string', default: '10' },
    concurrency: { type: 'string', default: '1,10,50,200' },
    workloads: { type: 'string', default: Object.keys(workloads).join(',') },
    modes: { type: 'string', default: canRunProcesses() ? 'standalone,processes' : 'standalone' },
    'without-peer': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  const kinds = Object.entries(workloads).map(([name, { title }]) => `    ${name}  ${title}`);
  console.log(`npm run bench:runs -- [options]
  --seconds <n>        how long each load is measured, default 3
  --warmup <n>         seconds of each workload with 50 callers before its loads, default 10
  --concurrency <list> callers at once, default 1,10,50,200
  --modes <list>       standalone, processes (where a nats-server is installed)
  --workloads <list>   of
${kinds.join('\n')}
  --without-peer       leave Restate out
Tables go to standard output, progress to standard error, all figures to bench/results/runs.json.`);
  process.exit(0);
}

const dataDir = mkdtempSync(join(tmpdir(), 'treadle-bench-'));
// What is under way of the load before is over by then.
const settings = { seconds: Number(values.seconds), warmupSeconds: 0.5 };
const callers = values.concurrency
  .split(',')
  .map(Number)
  .sort((one, other) => other - one);

const wanted = values.workloads.split(',');

try {
  const results = wanted.includes('W5') ? await direct() : [];
  for (const mode of values.modes.split(',')) results.push(...(await treadle(mode)));
  if (!values['without-peer']) results.push(...(await peer()));
  results.push(...(await groupCommitBound(join(dataDir, 'bound'), callers, settings)));
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  const report = { machine, peer: restateVersions, settings, results };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/runs.json', `${JSON.stringify(report, null, 2)}\n`);
  printRuns(report, workloads);
} finally {
  await stopAll();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Starts the model server. @returns its address. */
async function mockServer() {
  const mock = start(['bench/mock-model-server.mjs', `--latency-ms=${latencyMs}`, `--tokens=${tokens}`]);
  return JSON.parse(await firstLine(mock)).url;
}

/** What a client sees that asks the model itself. */
async function direct() {
  const url = `${await mockServer()}/chat/completions`;
  const system = { name: 'direct', url, headers: {}, pids: [] };
  const body = JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content: 'Go on.' }] });
  const results = await cells(system, 'W5', { url, body, firstMark: 'word' });
  await stopAll();
  return results;
}

async function treadle(mode) {
  const mockUrl = await mockServer();
  const system = await startTreadle(mode, { mockUrl, dataDir: join(dataDir, mode) });
  const results = [];
  try {
    for (const name of wanted) {
      const { document, body = { inputs: {}, mode: 'wait' }, ...workload } = workloads[name];
      const { inputs = {}, ...stored } = document;
      const url = await system.publish(stored);
      results.push(...(await cells(system, name, { url, body: JSON.stringify({ ...body, inputs }), ...workload })));
    }
  } finally {
    await system.stop();
    await stopAll();
  }
  return results;
}

async function peer() {
  const system = await startRestate(dataDir);
  const { url, nextRequest } = system;
  const results = await cells(system, 'W2', { url, body: '{}', nextRequest });
  await system.stop();
  return results;
}

/** Every load of a workload, on a system that has had it for a while, as services have: V8 has compiled the way by then, and PostgreSQL has planned it. */
async function cells(system, workload, given) {
  const asked = { isGood, ...given };
  const { headers } = system;
  await load({ ...asked, headers, concurrency: 50, seconds: Number(values.warmup), warmupSeconds: 0 });
  const results = [];
  for (const concurrency of callers) results.push(await cell(system, workload, { ...asked, concurrency }));
  return results;
}

async function cell(system, workload, asked) {
  const figures = await measure(system, { ...asked, ...settings });
  const { rps, p50, errors, firstError } = figures;
  console.error(`${system.name}, ${workload}, ${asked.concurrency} callers: ${rps.toFixed(0)}/s, ${p50.toFixed(2)} ms`);
  if (errors > 0) console.error(`  ${errors} failed: ${firstError}`);
  return { system: system.name, workload, concurrency: asked.concurrency, ...figures };
}

/** A run that was answered but did not complete is no run. */
function isGood(received) {
  return received.startsWith('HTTP/1.1 200') && !received.includes('"status":"failed"');
}
