// What the model proxy costs: a local model server asked directly, through the least that Node can put in between, through Treadle's OpenAI
// surface, and through another gateway for Node, in one run on one machine. Prints tables and writes bench/results/proxy.json. The other
// gateway is installed for the bench alone. Each figure is the quietest of some rounds, in which the systems take turns: what else runs on
// the machine only ever makes them slower. A round waits until the machine has nothing else to do, for `patience` seconds in the whole run.
// Usage: npm run bench:proxy -- [--seconds 1] [--rounds 3] [--patience 180] [--without-peer]
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { load } from './load.mjs';
import { cleanUp, peerName, startBare, startMock, startPeer, startTreadle, stopAll } from './systems.mjs';

const tokens = 200;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    patience: { type: 'string', default: '180' },
    'without-peer': { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
let patienceMs = Number(values.patience) * 1_000;

/** How the requests come: from callers that wait for their answer, or at random moments, so many in a second. */
const loads = [
  { name: '1 caller', concurrency: 1 },
  { name: '50 callers', concurrency: 50 },
  { name: '200 callers', concurrency: 200 },
  // For whole answers only: streams come in pieces, and several callers at once are random enough.
  { name: '500/s', perSecond: 500, plainOnly: true },
  // 50 at once, where each takes 50 ms.
  { name: '1000/s', perSecond: 1_000, plainOnly: true },
];

try {
  const report = await run();
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/proxy.json', `${JSON.stringify(report, null, 2)}\n`);
  print(report);
} finally {
  await stopAll();
  cleanUp();
}

async function run() {
  const results = [];
  for (const latencyMs of [0, 50]) {
    const systems = await startSystems(latencyMs);
    // Code that ran a thousand times is compiled: what a service that was just started costs is another question.
    for (const system of systems)
      for (const streamed of [false, true]) await measure(system, { latencyMs, streamed, ...loads[1] });
    for (const streamed of [false, true])
      for (const each of loads.filter(({ plainOnly }) => !streamed || !plainOnly))
        results.push(...(await rounds(systems, { latencyMs, streamed, ...each })));
    await stopAll();
  }
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  return { machine, tokens, results: compare(results) };
}

async function startSystems(latencyMs) {
  const mock = await startMock(latencyMs, tokens);
  return [
    { name: 'direct', url: `${mock}/chat/completions`, headers: {} },
    await startBare(mock),
    await startTreadle(mock),
    ...(values['without-peer'] ? [] : [await startPeer(mock)]),
  ];
}

/** The quietest round of each system. */
async function rounds(systems, setting) {
  const all = [];
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const system of systems) all.push(await measure(system, setting));
  return systems.map(({ name }) => {
    const own = all.filter((each) => each.name === name);
    const quietest = own.reduce((best, each) => (each.p50 < best.p50 || Number.isNaN(best.p50) ? each : best));
    console.error(
      `${name}, ${setting.latencyMs} ms ${setting.streamed ? 'streamed' : 'plain'}, ${quietest.load}: ${quietest.p50.toFixed(2)} ms`,
    );
    return { ...quietest, errors: Math.max(...own.map(({ errors }) => errors)) };
  });
}

async function measure({ name, url, headers, pid, model = 'bench' }, setting) {
  const { latencyMs, streamed, concurrency, perSecond, name: kindOfLoad } = setting;
  const body = JSON.stringify({
    model,
    messages: [{ role: 'user', content: 'Say a few words.' }],
    ...(streamed && { stream: true, stream_options: { include_usage: true } }),
  });
  await quiet();
  const figures = await load({ url, headers, body, concurrency, perSecond, seconds, warmupSeconds: 0.3, pid });
  const cpuMsPerRequest = pid ? figures.cpuMs / figures.requests : undefined;
  const cpuMicrosPerToken = streamed && pid ? (cpuMsPerRequest * 1_000) / tokens : undefined;
  return { name, latencyMs, streamed, load: kindOfLoad, ...figures, cpuMsPerRequest, cpuMicrosPerToken };
}

/** Resolves when a processor or so is free of other work, or when patience has ended. */
async function quiet() {
  for (let before = cpuTimes(); patienceMs > 0; patienceMs -= 200) {
    await sleep(200);
    const now = cpuTimes();
    const idle = (now.idle - before.idle) / Math.max(1, now.total - before.total);
    if (idle > 0.85) return;
    before = now;
  }
}

function cpuTimes() {
  const times = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({
    idle,
    total: user + nice + sys + idle + irq,
  }));
  return times.reduce((sum, one) => ({ idle: sum.idle + one.idle, total: sum.total + one.total }));
}

/** What each adds to asking directly, and ours against the peer. */
function compare(results) {
  const sameOf = (name, one) =>
    results.find(
      (each) =>
        each.name === name &&
        each.latencyMs === one.latencyMs &&
        each.streamed === one.streamed &&
        each.load === one.load,
    );
  return results.map((each) => {
    const [direct, other] = [sameOf('direct', each), sameOf(peerName, each)];
    return {
      ...each,
      addedP50: each.p50 - direct.p50,
      addedFirstByteP50: each.firstByteP50 - direct.firstByteP50,
      rpsOverDirect: each.rps / direct.rps,
      ...(each.name === 'treadle' && other && { rpsOverPeer: other.requests > 0 ? each.rps / other.rps : null }),
    };
  });
}

function print({ machine, results }) {
  const fixed = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '-');
  console.log(`${machine.cpus} processors (${machine.model}), Node ${machine.node}`);
  console.table(
    results.map((each) => ({
      system: each.name,
      'latency ms': each.latencyMs,
      kind: each.streamed ? 'stream' : 'plain',
      load: each.load,
      'requests/s': fixed(each.rps, 0),
      'p50 ms': fixed(each.p50, 2),
      'p99 ms': fixed(each.p99, 2),
      'added p50 ms': fixed(each.addedP50, 2),
      'added first byte ms': fixed(each.addedFirstByteP50, 2),
      '/ direct': fixed(each.rpsOverDirect, 2),
      '/ peer': fixed(each.rpsOverPeer, 1),
      'CPU ms/request': fixed(each.cpuMsPerRequest, 2),
      'CPU us/token': fixed(each.cpuMicrosPerToken, 1),
      errors: each.errors,
      waiting: each.waiting,
    })),
  );
  summarise(results);
}

/** The few figures that decide. */
function summarise(results) {
  const of = (name, load) => results.filter((each) => each.name === name && !each.streamed && each.load === load);
  for (const load of ['1 caller', '50 callers', '500/s', '1000/s'])
    for (const { latencyMs, addedP50 } of of('treadle', load)) {
      const bare = of('bare', load).find((each) => each.latencyMs === latencyMs);
      console.log(
        `added at the median, ${load}, ${latencyMs} ms: ${addedP50.toFixed(2)} ms (bare ${bare.addedP50.toFixed(2)} ms)`,
      );
    }
  const against = results.filter(({ rpsOverPeer, latencyMs }) => rpsOverPeer && latencyMs === 0);
  for (const { streamed, load, rpsOverPeer } of against.filter(({ load }) => load.endsWith('callers')))
    console.log(`throughput, ${streamed ? 'streamed' : 'plain'}, ${load}: ${rpsOverPeer.toFixed(1)} times the peer's`);
}
