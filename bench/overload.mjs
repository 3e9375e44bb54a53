// What becomes of Treadle when three times as much is asked of it as it can do: the capacity of this machine for run starts and reads is measured,
// then a greedy organisation offers the overload while a quiet one goes on as before. The bound is what Treadle does on this machine while another
// process, which does nothing else, refuses what is too much: what is missing to it is what refusing and choosing cost Treadle.
// Prints a table and writes bench/results/overload.json. `npm run bench:overload -- --help` tells the options.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstLine, start, stop, stopAll } from './children.mjs';
import { afterSeconds, figures, normalAfter, print } from './overload/figures.mjs';
import { twoTenants } from './overload/tenants.mjs';
import { canRunProcesses, startTreadle } from './runs/treadle.mjs';
import { usageOf } from './usage.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    times: { type: 'string', default: '3' },
    mode: { type: 'string', default: 'standalone' },
    starts: { type: 'string', default: '25' },
    capacity: { type: 'string', default: '8' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run bench:overload -- [options]
  --seconds <n>   how long the overload lasts, default 120
  --times <n>     how many times the capacity is offered, default 3
  --mode <mode>   standalone, or processes (where a nats-server is installed), default standalone
  --starts <n>    share of run starts among the requests in percent, the others are reads; default 25
  --capacity <n>  seconds of each load that the capacity is looked for with, default 8
A table goes to standard output, progress to standard error, all figures to bench/results/overload.json.`);
  process.exit(0);
}

const callersTried = [16, 48, 128];
const quietShare = 0.05;
const startShare = Number(values.starts) / 100;
const seconds = Number(values.seconds);
const dataDir = mkdtempSync(join(tmpdir(), 'treadle-bench-'));
if (values.mode === 'processes' && !canRunProcesses()) throw new Error('Install nats-server to run processes.');

try {
  const system = await startTreadle(values.mode, { mockUrl: 'http://127.0.0.1:1', dataDir });
  const { greedy, quiet } = await twoTenants(system);
  const drive = (tenant, load) => driver(system.url, tenant, load);
  say('warming up');
  await drive(greedy, { seconds: 4, connections: 16 });
  const capacity = await findCapacity((load) => drive(greedy, load));
  say(`capacity ${capacity.perSecond.toFixed(0)} requests/s with ${capacity.callers} callers; the quiet one alone`);
  const quietRate = Math.max(10, capacity.perSecond * quietShare);
  const alone = figures(await drive(quiet, { seconds: 15, connections: 32, perSecond: quietRate }), 1, 15);
  const bound = await findBound(drive, { greedy, quiet }, capacity, alone);
  say(`${values.times} times that for ${seconds} s`);
  const offered = capacity.perSecond * Number(values.times) - quietRate;
  const [greedyAnswers, quietAnswers] = await Promise.all([
    drive(greedy, { seconds, connections: 700, perSecond: offered }),
    drive(quiet, { seconds: seconds + afterSeconds, connections: 64, perSecond: quietRate }),
  ]);
  const unfinished = await runOut([greedy, quiet]);
  // What the machine does for others changes by the minute.
  const capacityAfter = await measureCapacity((load) => drive(greedy, load), capacity.callers);
  // The first seconds belong to the load: what the limit does in them counts.
  const loaded = { greedy: figures(greedyAnswers, 0, seconds), quiet: figures(quietAnswers, 0, seconds) };
  const both = (figure) => (capacity[figure] + capacityAfter[figure]) / 2;
  const report = {
    machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version },
    settings: values,
    capacity,
    capacityAfter,
    alone,
    bound,
    loaded,
    offeredPerSecond: (offered * seconds + quietRate * seconds) / seconds,
    unsent: greedyAnswers.unsent,
    goodputShare: (loaded.greedy.good.perSecond + loaded.quiet.good.perSecond) / both('perSecond'),
    startsShare: (loaded.greedy.start.perSecond + loaded.quiet.start.perSecond) / both('startsPerSecond'),
    quietP99Ratio: p99Ratio(loaded.quiet, alone),
    normalAfterSeconds: normalAfter(quietAnswers, alone, seconds),
    lostRuns: loaded.greedy.lost + figures(quietAnswers, 0, seconds + afterSeconds).lost,
    unfinishedRuns: unfinished,
  };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/overload.json', `${JSON.stringify(report, null, 2)}\n`);
  print(report);
  await system.stop();
} finally {
  await stopAll();
  rmSync(dataDir, { recursive: true, force: true });
}

/** The most that is answered well in a second, of some numbers of callers that each ask again when they are answered. */
async function findCapacity(drive) {
  const tried = [];
  for (const callers of callersTried) {
    const one = await measureCapacity(drive, callers);
    tried.push(one);
    say(`${callers} callers: ${one.perSecond.toFixed(0)} requests/s, p99 ${one.p99.toFixed(1)} ms`);
  }
  return { ...tried.reduce((best, one) => (one.perSecond > best.perSecond ? one : best)), tried };
}

async function measureCapacity(drive, callers) {
  const span = Number(values.capacity);
  const { good, start: starts } = figures(await drive({ seconds: span, connections: callers }), 1, span);
  return { callers, perSecond: good.perSecond, startsPerSecond: starts.perSecond, p99: good.p99 };
}

/**
 * As many callers as gave the capacity and the quiet organisation, while a server that does nothing else refuses the rest of the offer: what the
 * machine allows where refusing costs the least and takes nothing of Treadle's own thread.
 */
async function findBound(drive, { greedy, quiet }, capacity, alone) {
  const refuser = start(['bench/overload/refuser.mjs']);
  const { url } = JSON.parse(await firstLine(refuser));
  const span = Number(values.capacity) * 2;
  const quietRate = Math.max(10, capacity.perSecond * quietShare);
  const perSecond = capacity.perSecond * (Number(values.times) - 1);
  const before = usageOf([refuser.pid]).cpuMs;
  const [busy, beside, refused] = await Promise.all([
    drive(greedy, { seconds: span, connections: capacity.callers }),
    drive(quiet, { seconds: span, connections: 64, perSecond: quietRate }),
    driver(url, greedy, { seconds: span, connections: 700, perSecond }),
  ]);
  const cpuMs = usageOf([refuser.pid]).cpuMs - before;
  await stop(refuser);
  const [own, others, away] = [busy, beside, refused].map((answers) => figures(answers, 1, span));
  return {
    share: (own.good.perSecond + others.good.perSecond) / capacity.perSecond,
    p99Ratio: p99Ratio(others, alone),
    refusedPerSecond: away.refused.perSecond,
    cpuMsPerRefusal: cpuMs / refused.answers.length,
  };
}

function p99Ratio(loaded, alone) {
  return { read: loaded.read.p99 / alone.read.p99, start: loaded.start.p99 / alone.start.p99 };
}

function driver(url, tenant, load) {
  const kinds = [
    { ...tenant.start, share: startShare },
    { ...tenant.read, share: 1 },
  ];
  const child = spawn(process.execPath, ['bench/overload/driver.mjs', JSON.stringify({ url, kinds, ...load })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    const parts = [];
    child.stdout.on('data', (data) => parts.push(data));
    child.on('exit', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(parts).toString()));
      else reject(new Error(`the driver ended with ${code}`));
    });
  });
}

/** How many accepted runs have not ended half a minute after the load and the quiet time that followed it. */
async function runOut(tenants) {
  for (let tries = 0; ; tries += 1) {
    const left = await Promise.all(tenants.map((tenant) => tenant.unfinished()));
    const sum = left.reduce((total, one) => total + one, 0);
    if (sum === 0 || tries > 60) return sum;
    await new Promise((done) => setTimeout(done, 500));
  }
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
