// `helm test`: imports a workflow, runs it on the demo model and looks at what it says, through the gateway as a client would.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';

const { TREADLE_URL: base, TREADLE_API_KEY: key, TREADLE_TLS_NAME: servername, WORKFLOW_FILE: file } = process.env;
const document = readFileSync(file, 'utf8');

/** The answer of one call; a refusal is an error that says what the server said. */
function call(method, path, body, type = 'application/json') {
  const url = new URL(path, base);
  const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': type }) };
  const { promise, resolve, reject } = Promise.withResolvers();
  const client = url.protocol === 'https:' ? https : http;
  const request = client.request(url, { method, headers, timeout: 30_000, ...(servername && { servername }) });
  request.on('timeout', () => request.destroy(new Error(`${method} ${path} took longer than 30 s.`)));
  request.on('error', reject);
  request.on('response', async (response) => {
    const text = (await response.toArray().catch(reject))?.join('') ?? '';
    if (response.statusCode < 300) resolve(text === '' ? undefined : JSON.parse(text));
    else reject(new Error(`${method} ${path} was answered with ${response.statusCode}: ${text}`));
  });
  request.end(body);
  return promise;
}

const workflow = await call('POST', '/api/v1/workflows', document, 'application/yaml');
const start = JSON.stringify({ inputs: { name: 'Ada' }, mode: 'async' });
const { id } = await call('POST', `/api/v1/workflows/${workflow.id}/runs`, start);
let run = await call('GET', `/api/v1/runs/${id}`);
for (const until = Date.now() + 60_000; !run.finished_at && Date.now() < until; ) {
  await wait(200);
  run = await call('GET', `/api/v1/runs/${id}`);
}
const said = JSON.stringify(run.outputs ?? run);
if (run.status !== 'completed' || !said.includes('Ada')) throw new Error(`Run ${id} is ${run.status}: ${said}`);
console.log(`Run ${id} is completed and says ${said}`);
