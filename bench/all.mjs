// Every figure of speed, one bench after the other, each in a process of its own with settings that fit a quarter of an hour on two processors.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

const benches = {
  runs: ['bench/runs.mjs', '--seconds', '2', '--warmup', '8'],
  growth: ['bench/growth.mjs', '--seconds', '3', '--warmup', '1.5'],
  proxy: ['bench/proxy.mjs', '--rounds', '1', '--warmup', '5', '--patience', '10'],
  capacity: ['bench/capacity.mjs'],
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(benches).join(',') },
    help: { type: 'boolean', default: false },
  },
});
const wanted = values.only.split(',');
const unknown = wanted.filter((name) => !(name in benches));
if (values.help || unknown.length > 0) {
  console.log(`npm run bench -- [--only <list>]
  --only <list>   of ${Object.keys(benches).join(', ')}
Each of them is also a command of its own with more options, such as npm run bench:runs -- --help. Tables go to standard output, progress to standard
error, all figures to bench/results/.`);
  process.exit(values.help ? 0 : 2);
}

for (const name of wanted) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, benches[name], { stdio: 'inherit' });
  const code = await new Promise((ended) => child.once('exit', ended));
  console.error(`${name}: ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  if (code !== 0) process.exitCode = 1;
}
