// The systems that are measured: each a process of its own, on a free port, stopped at the end.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clearTimeout } from 'node:timers';

export const peerName = '@portkey-ai/gateway';
const peer = {
  private: true,
  dependencies: { [peerName]: '1.15.2' },
  // The oldest version it allows: under the newest it fails every stream.
  overrides: { '@hono/node-server': '1.3.3' },
};
const apiKey = 'trd_bench_0123456789abcdef0123456789abcdef';
const children = [];
const dataDir = mkdtempSync(join(tmpdir(), 'treadle-bench-'));

/** Stops every process that was started. */
export async function stopAll() {
  await Promise.all(children.splice(0).map(stop));
}

/** Forgets what the processes left behind. */
export function cleanUp() {
  rmSync(dataDir, { recursive: true, force: true });
}

/** @returns the base address of the model server. */
export async function startMock(latencyMs, jitterMs, tokens) {
  const settings = { 'latency-ms': latencyMs, 'jitter-ms': jitterMs, tokens };
  const args = [
    'bench/mock-model-server.mjs',
    ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
  ];
  return JSON.parse(await firstLine(start(args))).url;
}

/** The bound: what any process of Node in between costs. */
export async function startBare(mockUrl) {
  const child = start(['bench/bare-proxy.mjs', mockUrl]);
  const { url } = JSON.parse(await firstLine(child));
  return { name: 'bare', url: `${url}/v1/chat/completions`, headers: {}, pid: child.pid };
}

export async function startTreadle(mockUrl) {
  const port = await freePort();
  const child = start(['services/standalone/dist/main.js'], {
    OPENAI_BASE_URL: mockUrl,
    TREADLE_API_KEY: apiKey,
    TREADLE_DATA_DIR: join(dataDir, `treadle-${port}`),
    TREADLE_HTTP_PORT: String(port),
    TREADLE_LOG_LEVEL: 'error',
  });
  const url = `http://127.0.0.1:${port}/openai/v1/chat/completions`;
  const headers = { authorization: `Bearer ${apiKey}` };
  await answers(child, url, headers, 'openai/bench');
  return { name: 'treadle', url, headers, pid: child.pid, model: 'openai/bench' };
}

export async function startPeer(mockUrl) {
  const folder = resolve('.cache/bench/peer');
  const main = join(folder, 'node_modules', peerName, 'build', 'start-server.js');
  if (!existsSync(join(folder, 'complete'))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify(peer));
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' });
    writeFileSync(join(folder, 'complete'), '');
  }
  const port = await freePort();
  const child = start([main, `--port=${port}`, '--headless'], { NODE_ENV: 'production' });
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  const headers = { authorization: 'Bearer x', 'x-portkey-provider': 'openai', 'x-portkey-custom-host': mockUrl };
  await answers(child, url, headers, 'bench');
  return { name: peerName, url, headers, pid: child.pid };
}

function start(args, environment = {}) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
