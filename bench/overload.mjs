// What becomes of Treadle when three times as much is asked of it as it can do: the capacity of this machine for run starts and reads is measured,
// then a greedy organisation offers the overload while a quiet one goes on as before.
// Prints a table and writes bench/results/overload.json. `npm run bench:overload -- --help` tells the options.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stopAll } from './children.mjs';
import { twoTenants } from './overload/tenants.mjs';
import { quantile } from './quantile.mjs';
import { canRunProcesses, startTreadle } from './runs/treadle.mjs';

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
const afterSeconds = 35;
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
  say(`${values.times} times that for ${seconds} s`);
  const offered = capacity.perSecond * Number(values.times) - quietRate;
  const [greedyAnswers, quietAnswers] = await Promise.all([
    drive(greedy, { seconds, connections: 700, perSecond: offered }),
    drive(quiet, { seconds: seconds + afterSeconds, connections: 64, perSecond: quietRate }),
  ]);
  const unfinished = await runOut([greedy, quiet]);
  // The first seconds belong to the load: what the limit does in them counts.
  const loaded = { greedy: figures(greedyAnswers, 0, seconds), quiet: figures(quietAnswers, 0, seconds) };
  const report = {
    machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version },
    settings: values,
    capacity,
    alone,
    loaded,
    offeredPerSecond: (offered * seconds + quietRate * seconds) / seconds,
    unsent: greedyAnswers.unsent,
    goodputShare: (loaded.greedy.good.perSecond + loaded.quiet.good.perSecond) / capacity.perSecond,
    startsShare: (loaded.greedy.start.perSecond + loaded.quiet.start.perSecond) / capacity.startsPerSecond,
    quietP99Ratio: { read: loaded.quiet.read.p99 / alone.read.p99, start: loaded.quiet.start.p99 / alone.start.p99 },
    normalAfterSeconds: normalAfter(quietAnswers, alone),
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
    const span = Number(values.capacity);
    const found = figures(await drive({ seconds: span, connections: callers }), 1, span);
    tried.push({
      callers,
      perSecond: found.good.perSecond,
      startsPerSecond: found.start.perSecond,
      p99: found.good.p99,
    });
    say(`${callers} callers: ${found.good.perSecond.toFixed(0)} requests/s, p99 ${found.good.p99.toFixed(1)} ms`);
  }
  return { ...tried.reduce((best, one) => (one.perSecond > best.perSecond ? one : best)), tried };
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

/** Of what was asked between two moments. */
function figures({ answers }, from, to) {
  const asked = answers.filter(([at]) => at >= from && at < to);
  const good = asked.filter(([, , status]) => status >= 200 && status < 300);
  const of = (some) => {
    const times = some.map(([, , , ms]) => ms);
    return { perSecond: some.length / (to - from), p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  };
  const refused = asked.filter(([, , status]) => status === 503 || status === 429);
  const lost = asked.filter(([, kind, status]) => kind === 0 && status === 0).length;
  return {
    askedPerSecond: asked.length / (to - from),
    good: of(good),
    start: of(good.filter(([, kind]) => kind === 0)),
    read: of(good.filter(([, kind]) => kind === 1)),
    refused: of(refused),
    failed: asked.length - good.length - refused.length,
    lost,
  };
}

/** Seconds after the load until the quiet one is answered for two seconds as it was alone, or nearly so. */
function normalAfter(answers, alone) {
  const allowed = [alone.start.p99 * 2, alone.read.p99 * 2];
  for (let after = 0; after <= afterSeconds - 2; after += 0.5) {
    const window = answers.answers.filter(([at]) => at >= seconds + after && at < seconds + after + 2);
    const good = window.filter(([, kind, status, ms]) => status < 300 && status > 0 && ms <= allowed[kind]);
    if (window.length > 0 && good.length >= window.length * 0.98) return after;
  }
  return undefined;
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

function print(report) {
  const { capacity, alone, loaded, quietP99Ratio: ratio } = report;
  const ms = (number) => `${number.toFixed(1)} ms`;
  const percent = (share) => `${(share * 100).toFixed(0)} %`;
  const rows = [
    ['capacity', `${capacity.perSecond.toFixed(0)}/s`, `${capacity.startsPerSecond.toFixed(0)} starts/s`, ''],
    [
      'offered',
      `${report.offeredPerSecond.toFixed(0)}/s`,
      `${loaded.greedy.refused.perSecond.toFixed(0)}/s refused in ${ms(loaded.greedy.refused.p50)}`,
      '',
    ],
    ['goodput ÷ capacity', percent(report.goodputShare), `starts ${percent(report.startsShare)}`, '≥ 90 %'],
    ['quiet p99, reads', ms(loaded.quiet.read.p99), `${ms(alone.read.p99)} alone, × ${ratio.read.toFixed(2)}`, '≤ × 2'],
    [
      'quiet p99, starts',
      ms(loaded.quiet.start.p99),
      `${ms(alone.start.p99)} alone, × ${ratio.start.toFixed(2)}`,
      '≤ × 2',
    ],
    ['quiet refused', `${loaded.quiet.refused.perSecond.toFixed(2)}/s`, '', '0'],
    ['normal after', `${report.normalAfterSeconds ?? `> ${afterSeconds}`} s`, '', '≤ 30 s'],
    ['accepted runs not finished', String(report.lostRuns + report.unfinishedRuns), '', '0'],
  ];
  for (const [name, ...cells] of rows)
    console.log(`${name.padEnd(28)}${cells.map((cell) => cell.padEnd(34)).join('')}`.trimEnd());
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
