import { parseArgs } from 'node:util';
import { chaosTest } from './chaos-test.js';
import { startModelProcess } from './model-process.js';
import { printReport } from './print-report.js';
import { startProcessesSystem } from './processes-system.js';

const help = `Runs every kind of workflow on processes, PostgreSQL and nats-server while all of them are killed, restarted and frozen at
random, then checks every run through the public API.

  --runs N         runs to start (default 3000)
  --per-second N   starts each second (default 25)
  --pause-ms N     milliseconds between two faults, on average (default 2000)
  --seed N         decides which faults happen, and when (default: the time)`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3000' },
    'per-second': { type: 'string', default: '25' },
    'pause-ms': { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else await run();

async function run(): Promise<void> {
  console.log(`chaos: ${values.runs} runs, seed ${values.seed}`);
  const began = Date.now();
  const models = await startModelProcess({ latencyMs: 50 });
  const system = await startProcessesSystem(models.url);
  try {
    const report = await chaosTest(system, {
      runs: Number(values.runs),
      perSecond: Number(values['per-second']),
      pauseMs: Number(values['pause-ms']),
      seed: Number(values.seed),
      log: (line) => console.log(`  ${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`),
    });
    const { faults, ...rest } = report;
    for (const [name, count] of Object.entries(faults)) console.log(`  ${name.padEnd(30)}${count}`);
    if (!printReport(rest)) console.log(system.log());
  } finally {
    await system.stop();
    await models.stop();
  }
}
