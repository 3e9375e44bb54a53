// What the model proxy costs: a local model server asked directly, through the least that Node can put in between, through Treadle's OpenAI
// surface, and through another gateway for Node, in one run on one machine. Prints tables and writes bench/results/proxy.json. The other
// gateway is installed for the bench alone. Each figure is the quietest of some rounds, in which the systems take turns: what else runs on
// the machine only ever makes them slower. A round waits until the machine has nothing else to do, for `patience` seconds in the whole run.
// `npm run bench:proxy -- --help` tells the options.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stopAll } from './children.mjs';
import { load } from './load.mjs';
import { cleanUp, peerName, startBare, startMock, startPeer, startTreadle } from './systems.mjs';

const tokens = 200;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    warmup: { type: 'string', default: '10' },
    patience: { type: 'string', default: '180' },
    'without-peer': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run bench:proxy -- [options]
  --seconds <n>   how long each load is measured, default 1
  --rounds <n>    how often, the quietest counts, default 3
  --warmup <n>    seconds of whole answers and of streams before a system is measured, default 10
  --patience <n>  seconds to wait in all for the machine to be quiet, default 180
  --without-peer  leave the other gateway out
Tables go to standard output, progress to standard error, all figures to bench/results/proxy.json.`);
  process.exit(0);
}
const seconds = Number(values.seconds);
let patienceMs = Number(values.patience) * 1_000;

/** The models: one that answers at once, one that takes 50 ms exactly, and one that takes 40 to 60 ms. */
const models = [
  { latencyMs: 0, jitterMs: 0 },
  { latencyMs: 50, jitterMs: 0 },
  // Where answers take exactly as long as each other, callers that a pause once held up together stay in step, and wait for each other.
  { latencyMs: 50, jitterMs: 10 },
];

/** How the requests come: from callers that wait for their answer, or at random moments, so many in a second. */
const loads = [
  { name: '1 caller', concurrency: 1 },
  { name: '50 callers', concurrency: 50 },
  { name: '200 callers', concurrency: 200 },
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
  for (const model of models) {
    const systems = await startSystems(model);
    // Code that ran twenty thousand times is compiled: what a service that was just started costs is another question.
    for (const system of systems)
      for (const streamed of [false, true]) await send(system, { streamed, ...loads[1] }, Number(values.warmup));
    for (const streamed of [false, true])
      for (const each of loads.filter((one) => tellsSomething(one, model, streamed)))
        results.push(...(await rounds(systems, { ...model, streamed, ...each })));
    await stopAll();
  }
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  return { machine, tokens, results: compare(results) };
}

/** Several callers are random enough for streams, and a single one is never in step with others. */
function tellsSomething({ plainOnly, concurrency }, { jitterMs }, streamed) {
  return jitterMs > 0 ? !streamed && concurrency !== 1 : !streamed || !plainOnly;
}

async function startSystems({ latencyMs, jitterMs }) {
  const mock = await startMock(latencyMs, jitterMs, tokens);
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
      `${name}, ${latencyOf(setting)} ms ${setting.streamed ? 'streamed' : 'plain'}, ${quietest.load}: ${quietest.p50.toFixed(2)} ms`,
    );
    return { ...quietest, errors: Math.max(...own.map(({ errors }) => errors)) };
  });
}

function latencyOf({ latencyMs, jitterMs }) {
  return jitterMs > 0 ? `${latencyMs} ± ${jitterMs}` : String(latencyMs);
}

async function measure(system, setting) {
  const { latencyMs, jitterMs, streamed, name: kindOfLoad } = setting;
  await quiet();
  const figures = await send(system, setting, seconds);
  const cpuMsPerRequest = system.pid ? figures.cpuMs / figures.requests : undefined;
  const cpuMicrosPerToken = streamed && system.pid ? (cpuMsPerRequest * 1_000) / tokens : undefined;
  const { name } = system;
  return { name, latencyMs, jitterMs, streamed, load: kindOfLoad, ...figures, cpuMsPerRequest, cpuMicrosPerToken };
}

async function send({ url, headers, pid, model = 'bench' }, { streamed, concurrency, perSecond }, seconds) {
  const body = JSON.stringify({
    model,
    messages: [{ role: 'user', content: 'Say a few words.' }],
    ...(streamed && { stream: true, stream_options: { include_usage: true } }),
  });
  return load({ url, headers, body, concurrency, perSecond, seconds, warmupSeconds: 0.3, pid });
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
        each.jitterMs === one.jitterMs &&
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
  console.log(`${machine.cpus} processors (${machine.model}), Node ${machine.node}`);
  console.table(
    results.map((each) => ({
      system: each.name,
      'latency ms': latencyOf(each),
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
  console.log('Added to a whole answer at the median, in milliseconds (1000 a second at 50 ms is 50 at once):');
  console.table(addedToWholeAnswers(results.filter(({ streamed }) => !streamed)));
  const rates = timesThePeers(results.filter(({ rpsOverPeer }) => rpsOverPeer));
  if (rates.length === 0) return;
  console.log("Throughput of callers that ask again when they are answered, in times the peer's:");
  console.table(rates);
}

function addedToWholeAnswers(plain) {
  const columns = ['bare', 'treadle', ...(values['without-peer'] ? [] : [peerName])];
  return [
    ['1 caller', '1 caller'],
    ['50 callers', '50 callers that ask again when they are answered'],
    ['1000/s', '1000 a second at random moments'],
    ['500/s', '500 a second at random moments'],
  ].flatMap(([load, title]) =>
    models.flatMap((model) => {
      const same = plain.filter((each) => each.load === load && latencyOf(each) === latencyOf(model));
      if (same.length === 0) return [];
      const added = columns.map((name) => [name, fixed(same.find((each) => each.name === name).addedP50, 2)]);
      return [{ load: title, 'model ms': latencyOf(model), ...Object.fromEntries(added) }];
    }),
  );
}

/** One line for each latency of the model and kind of answer. Where the model takes long and callers are few, every gateway waits for it. */
function timesThePeers(ofTreadle) {
  const callers = loads.filter(({ concurrency }) => concurrency);
  return models.flatMap((model) =>
    [false, true].flatMap((streamed) => {
      const same = ofTreadle.filter((each) => each.streamed === streamed && latencyOf(each) === latencyOf(model));
      if (same.length === 0) return [];
      const times = callers.map(({ name }) => [name, fixed(same.find(({ load }) => load === name)?.rpsOverPeer, 1)]);
      return [{ 'model ms': latencyOf(model), kind: streamed ? 'stream' : 'plain', ...Object.fromEntries(times) }];
    }),
  );
}

/** A dash where nothing was measured, or all was slower than it came. */
function fixed(value, digits) {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}
