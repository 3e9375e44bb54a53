// Runs every kind of spec, one kind after the other, and says at the end how many ran of each.
//
//   npm test                      every kind
//   npm test -- unit e2e          these kinds only
//   npm test -- libs/engine       only files whose path holds this; may be mixed with kinds
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const kinds = ['unit', 'property', 'contract', 'integration', 'e2e'];
const asked = process.argv.slice(2);
const filters = asked.filter((argument) => !kinds.includes(argument));
const chosen = kinds.filter((kind) => asked.includes(kind));

const reports = mkdtempSync(join(tmpdir(), 'treadle-test-'));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

const rows = [];
for (const kind of chosen.length > 0 ? chosen : kinds) rows.push(await run(kind));
rmSync(reports, { recursive: true });
await report(rows);

/** Runs one kind; its output goes to the screen as it comes. */
async function run(kind) {
  const file = join(reports, `${kind}.json`);
  const options = ['--project', kind, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  // Without filters a kind that has no specs has lost them.
  if (filters.length > 0) options.push('--passWithNoTests');
  console.log(`\n${kind} specs`);
  const child = spawn(process.execPath, [vitest, 'run', ...options, ...filters], { stdio: 'inherit' });
  const [code, signal] = await once(child, 'exit');
  return { kind, ...count(file, code === 0 && signal === null) };
}

/** A file that could not be loaded counts as one failure, and so does trouble outside of any spec. */
function count(file, ended) {
  const { testResults: files = [] } = read(file);
  const specs = files.flatMap(({ assertionResults }) => assertionResults);
  const having = (...statuses) => specs.filter(({ status }) => statuses.includes(status)).length;
  const broken = files.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((spec) => spec.status === 'failed'),
  ).length;
  const failed = having('failed') + broken;
  const skipped = having('skipped', 'pending', 'todo', 'disabled');
  return { files: files.length, passed: having('passed'), failed: failed || (ended ? 0 : 1), skipped };
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

async function report(rows) {
  const columns = ['kind', 'files', 'passed', 'failed', 'skipped'];
  const cell = (text, column) => (column === 0 ? String(text).padEnd(12) : String(text).padStart(8));
  const line = (cells) => console.log(cells.map(cell).join(''));
  console.log();
  line(columns);
  for (const row of rows) line(columns.map((column) => row[column]));
  const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum);
  const empty = filters.length === 0 ? rows.filter((row) => row.passed + row.failed === 0) : [];
  console.log();
  for (const { kind } of empty) console.log(`No ${kind} spec ran, though there should be some.`);
  if (skipped > 0) await explainSkips();
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 || empty.length > 0 ? 1 : 0;
}

async function explainSkips() {
  const { findNatsServer, natsInstallHint } = await import('../libs/testing/dist/nats.js');
  if (findNatsServer() === undefined) console.log(`Specs were skipped: ${natsInstallHint}`);
}
