// What the model proxy costs: a local model server asked directly, through Treadle's OpenAI surface, and through another gateway for
// Node, in one run on one machine. Prints a table and writes bench/results/proxy.json. The other gateway is installed for the bench alone.
// Usage: npm run bench:proxy -- [--seconds 4] [--without-peer]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clearTimeout } from 'node:timers';
import { parseArgs } from 'node:util';
import { load } from './load.mjs';

const peer = { name: '@portkey-ai/gateway', version: '1.15.2' };
const apiKey = 'trd_bench_0123456789abcdef0123456789abcdef';
const tokens = 200;
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, 'without-peer': { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);
const children = [];
const dataDir = mkdtempSync(join(tmpdir(), 'treadle-bench-'));

try {
  const report = await run();
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/proxy.json', `${JSON.stringify(report, null, 2)}\n`);
  print(report);
} finally {
  await Promise.all(children.map(stop));
  rmSync(dataDir, { recursive: true, force: true });
}

async function run() {
  const results = [];
  for (const latencyMs of [0, 50]) {
    const mock = await startMock(latencyMs);
    const systems = [
      { name: 'direct', url: `${mock.url}/chat/completions`, headers: {} },
      await startTreadle(mock.url),
      ...(values['without-peer'] ? [] : [await startPeer(mock.url)]),
    ];
    for (const streamed of [false, true])
      for (const concurrency of [1, 50, 200])
        for (const system of systems) results.push(await measure(system, { latencyMs, streamed, concurrency }));
    await Promise.all(children.splice(0).map(stop));
  }
  return {
    machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version },
    tokens,
    results: compare(results),
  };
}

async function measure({ name, url, headers, pid, model = 'bench' }, { latencyMs, streamed, concurrency }) {
  const body = JSON.stringify({
    model,
    messages: [{ role: 'user', content: 'Say a few words.' }],
    ...(streamed && { stream: true, stream_options: { include_usage: true } }),
  });
  const figures = await load({ url, headers, body, concurrency, seconds, pid });
  const cpuMicrosPerToken = streamed && pid ? (figures.cpuMs * 1_000) / (figures.requests * tokens) : undefined;
  const cpuMsPerRequest = pid ? figures.cpuMs / figures.requests : undefined;
  console.error(
    `${name} ${latencyMs} ms ${streamed ? 'stream' : 'plain'} c=${concurrency}: ${Math.round(figures.rps)}/s`,
  );
  return { name, latencyMs, streamed, concurrency, ...figures, cpuMsPerRequest, cpuMicrosPerToken };
}

/** What each adds to asking directly, and ours against the peer. */
function compare(results) {
  const of = (name, { latencyMs, streamed, concurrency }) =>
    results.find(
      (each) =>
        each.name === name &&
        each.latencyMs === latencyMs &&
        each.streamed === streamed &&
        each.concurrency === concurrency,
    );
  return results.map((each) => {
    const [direct, other] = [of('direct', each), of(peer.name, each)];
    return {
      ...each,
      addedP50: each.p50 - direct.p50,
      rpsOverDirect: each.rps / direct.rps,
      ...(each.name === 'treadle' && other && { rpsOverPeer: other.requests > 0 ? each.rps / other.rps : null }),
    };
  });
}

async function startMock(latencyMs) {
  const args = ['bench/mock-model-server.mjs', '--latency-ms', String(latencyMs), '--tokens', String(tokens)];
  const child = start(process.execPath, args, process.env);
  return JSON.parse(await firstLine(child));
}

async function startTreadle(mockUrl) {
  const port = await freePort();
  const environment = {
    ...process.env,
    OPENAI_BASE_URL: mockUrl,
    TREADLE_API_KEY: apiKey,
    TREADLE_DATA_DIR: join(dataDir, `treadle-${port}`),
    TREADLE_HTTP_PORT: String(port),
    TREADLE_LOG_LEVEL: 'error',
  };
  const child = start(process.execPath, ['services/standalone/dist/main.js'], environment);
  const url = `http://127.0.0.1:${port}/openai/v1/chat/completions`;
  const headers = { authorization: `Bearer ${apiKey}` };
  await answers(child, url, headers, 'openai/bench');
  return { name: 'treadle', url, headers, pid: child.pid, model: 'openai/bench' };
}

async function startPeer(mockUrl) {
  const folder = resolve('.cache/bench/peer');
  const main = join(folder, 'node_modules', peer.name, 'build', 'start-server.js');
  if (!existsSync(main)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${peer.name}@${peer.version}`];
    execFileSync('npm', args, { cwd: folder, stdio: 'ignore' });
  }
  const port = await freePort();
  const child = start(process.execPath, [main, `--port=${port}`, '--headless'], {
    ...process.env,
    NODE_ENV: 'production',
  });
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  const headers = { authorization: 'Bearer x', 'x-portkey-provider': 'openai', 'x-portkey-custom-host': mockUrl };
  await answers(child, url, headers, 'bench');
  return { name: peer.name, url, headers, pid: child.pid };
}

function start(command, args, env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      child.said = (child.said + data).slice(-4_000);
    });
  children.push(child);
  return child;
}

async function firstLine(child) {
  while (!child.said.includes('\n')) await pause(child);
  return child.said.slice(0, child.said.indexOf('\n'));
}

/** Waits until a first call is answered. */
async function answers(child, url, headers, model) {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'ready?' }] });
  for (let tries = 0; ; tries += 1) {
    const request = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
    const response = await fetch(url, request).catch(() => undefined);
    if (response?.ok) return void (await response.arrayBuffer());
    if (tries > 300) throw new Error(`${url} does not answer: ${await response?.text()}\n${child.said}`);
    await pause(child);
  }
}

async function pause(child) {
  if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended:\n${child.said}`);
  await new Promise((done) => setTimeout(done, 100));
}

async function stop(child) {
  if (child.exitCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

function print({ machine, results }) {
  const fixed = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '-');
  console.log(`${machine.cpus} processors (${machine.model}), Node ${machine.node}`);
  console.table(
    results.map((each) => ({
      system: each.name,
      'latency ms': each.latencyMs,
      kind: each.streamed ? 'stream' : 'plain',
      c: each.concurrency,
      'requests/s': fixed(each.rps, 0),
      'p50 ms': fixed(each.p50, 2),
      'p99 ms': fixed(each.p99, 2),
      'added p50 ms': fixed(each.addedP50, 2),
      '/ direct': fixed(each.rpsOverDirect, 2),
      '/ peer': fixed(each.rpsOverPeer, 1),
      'CPU ms/request': fixed(each.cpuMsPerRequest, 2),
      'CPU us/token': fixed(each.cpuMicrosPerToken, 1),
      errors: each.errors,
    })),
  );
}
