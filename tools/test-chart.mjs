// Runs the specs of the chart, and says how many assertions they made.
//
//   npm run test:chart
//   npm run test:chart -- pools        only files whose path holds this
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { helmBinary } from './helm.mjs';

// Fetched before the specs look for it side by side.
for (const major of [3, 4]) helmBinary(major);
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const report = '.cache/chart-report.json';
const options = ['--project', 'chart', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const child = spawn(process.execPath, [vitest, 'run', ...options, ...process.argv.slice(2)], { stdio: 'inherit' });
const [code] = await once(child, 'exit');
const { testResults: files } = JSON.parse(readFileSync(report, 'utf8'));
const specs = files.flatMap(({ assertionResults }) => assertionResults);
const assertions = specs.reduce((sum, { meta }) => sum + (meta?.assertions ?? 0), 0);
console.log(`\n${assertions} assertions on the chart in ${specs.length} specs.`);
process.exitCode = code ?? 1;
