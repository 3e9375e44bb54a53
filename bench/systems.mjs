// The systems that are measured: each a process of its own, on a free port, stopped at the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { answers, firstLine, freePort, start } from './children.mjs';
import { installed } from './installed.mjs';

export const peerName = '@portkey-ai/gateway';
const peer = {
  private: true,
  dependencies: { [peerName]: '1.15.2' },
  // The oldest version it allows: under the newest it fails every stream.
  overrides: { '@hono/node-server': '1.3.3' },
};
const apiKey = 'trd_bench_0123456789abcdef0123456789abcdef';
const dataDir = mkdtempSync(join(tmpdir(), 'treadle-bench-'));

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
  await answers(child, url, question(headers, 'openai/bench'));
  return { name: 'treadle', url, headers, pid: child.pid, model: 'openai/bench' };
}

export async function startPeer(mockUrl) {
  const folder = resolve('.cache/bench/peer');
  const main = join(folder, 'node_modules', peerName, 'build', 'start-server.js');
  installed(folder, peer);
  const port = await freePort();
  const child = start([main, `--port=${port}`, '--headless'], { NODE_ENV: 'production' });
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  const headers = { authorization: 'Bearer x', 'x-portkey-provider': 'openai', 'x-portkey-custom-host': mockUrl };
  await answers(child, url, question(headers, 'bench'));
  return { name: peerName, url, headers, pid: child.pid };
}

function question(headers, model) {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'ready?' }] });
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
}
