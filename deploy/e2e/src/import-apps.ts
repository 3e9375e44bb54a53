import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { startModelProcess } from './model-process.js';
import { startStandaloneSystem } from './standalone-system.js';
import { tryApp } from './try-app.js';

const help = `Imports workflow files (Treadle documents or Dify apps) and runs each against a local model server.

  npm run e2e:import -- FILE...

Exits with 1 when a run failed; a file that refuses to run because of its node types only says so.`;

const files = process.argv.slice(2);
if (files.length === 0 || files.includes('--help')) {
  console.log(help);
  process.exit(files.length === 0 ? 2 : 0);
}

const models = await startModelProcess();
const system = await startStandaloneSystem(models.url, { TREADLE_DEFAULT_MODEL: 'openai/small' });
try {
  for (const file of files) {
    const { name, warnings, outcome, reason } = await tryApp(system.api, await readFile(file, 'utf8'));
    console.log(`${basename(file).padEnd(36)} ${outcome.padEnd(24)} ${warnings.length} warnings  "${name}" ${reason}`);
    if (outcome !== 'completed' && outcome !== 'workflow_not_runnable') process.exitCode = 1;
  }
} finally {
  await system.stop();
  await models.stop();
}
