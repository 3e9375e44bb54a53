// What a call of a code node costs: a trivial `main` in JavaScript and in Python, in the sandbox, warm and cold, beside starting `node` and
// `python3` for each call, in one run on one machine. Prints a table and writes bench/results/code.json.
// Usage: npm run bench:code -- [--calls 200] [--starts 10]
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs, promisify } from 'node:util';
import { CodeSandbox } from '../libs/sandbox/dist/index.js';
import { quantile } from './quantile.mjs';

const { values } = parseArgs({
  options: { calls: { type: 'string', default: '200' }, starts: { type: 'string', default: '10' } },
});
const calls = Number(values.calls);
const starts = Number(values.starts);
const start = promisify(execFile);
const signal = new AbortController().signal;

const languages = {
  javascript: {
    code: 'function main({ a }) { return { a: a + 1 }; }',
    byProcess: () => start(process.execPath, ['-e', 'console.log(JSON.stringify({ a: 1 + 1 }))']),
  },
  python3: {
    code: 'def main(a): return {"a": a + 1}',
    byProcess: () => start('python3', ['-c', 'import json; print(json.dumps({"a": 1 + 1}))']),
  },
};

const rows = [];
for (const [language, { code, byProcess }] of Object.entries(languages)) {
  const sandbox = new CodeSandbox({
    timeoutSeconds: 60,
    memoryBytes: 128 * 1024 * 1024,
    javascriptThreads: 2,
    pythonProcesses: 2,
  });
  const question = { language, code, inputs: { a: 1 } };
  const call = (owner) => sandbox.run(owner, question, signal);
  const cold = await timed(() => call('tenant'));
  const warm = await each(calls, async () => {
    // A caller with pauses, as nodes of a run are: what happens after an answer is not in the next one's way.
    await new Promise((resolve) => setTimeout(resolve, 30));
    return timed(() => call('tenant'));
  });
  const perSecond = await throughput(() => call('tenant'));
  const nextTenant = language === 'python3' ? await timed(() => call('other')) : undefined;
  await sandbox.close();
  const processes = await each(starts, () => timed(byProcess));
  rows.push({
    language,
    coldMs: cold,
    nextTenantMs: nextTenant,
    warmMs: median(warm),
    warmP95Ms: quantile(warm, 0.95),
    callsPerSecond: perSecond,
    processMs: median(processes),
    ratio: median(processes) / median(warm),
  });
}

/** Calls a second of two callers that pause for nothing. */
async function throughput(call) {
  const seconds = (await timed(() => Promise.all([each(calls / 2, call), each(calls / 2, call)]))) / 1000;
  return calls / seconds;
}

async function each(count, act) {
  const results = [];
  for (let index = 0; index < count; index += 1) results.push(await act());
  return results;
}

async function timed(act) {
  const from = performance.now();
  await act();
  return performance.now() - from;
}

function median(numbers) {
  return quantile(numbers, 0.5);
}

const round = (number) => (number === undefined ? '' : Number(number.toFixed(2)));
console.table(
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? value : round(value)]),
    ),
  ),
);
mkdirSync('bench/results', { recursive: true });
const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
writeFileSync('bench/results/code.json', `${JSON.stringify({ machine, calls, rows }, null, 2)}\n`);
