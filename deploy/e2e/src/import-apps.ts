import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { inCheckout } from './child.js';
import { startModelProcess } from './model-process.js';
import { startStandaloneSystem } from './standalone-system.js';
import { tryApp } from './try-app.js';

const help = `Imports workflow files (Treadle documents or Dify apps) and runs each against a local model server. Knowledge nodes without a
dataset are given one.

  npm run e2e:import -- [options] FILE...

  --answers FILE   what the model answers to what: a JSON list of "when" (a part of the question) and "text";
                   default deploy/e2e/fixtures/model-answers.json. To anything else it says the question again.
  --python PATH    runs Python code nodes in this CPython, with its packages, in place of the sandbox

Exits with 1 when a run failed; a file that refuses to run because of its node types only says so.`;

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    answers: { type: 'string', default: inCheckout('deploy/e2e/fixtures/model-answers.json') },
    python: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (files.length === 0 || values.help) {
  console.log(help);
  process.exit(values.help ? 0 : 2);
}

const python = values.python && { TREADLE_CODE_PYTHON: 'cpython', TREADLE_CODE_PYTHON_PATH: values.python };
const models = await startModelProcess({ answers: values.answers });
const system = await startStandaloneSystem(models.url, { TREADLE_DEFAULT_MODEL: 'openai/small', ...python });
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
