import { parseArgs } from 'node:util';
import { startOutageSystem } from './outage-system.js';
import { outageTest } from './outage-test.js';

const help = `Stops PostgreSQL, NATS and Qdrant in turn under every service as a process of its own: each process that needs what is away is to
say within ten seconds that it is not ready, and within ten seconds of its return that it is; none is to be started again.

  --seconds N   how long each is away (default 300)`;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '300' }, help: { type: 'boolean', default: false } },
});

if (values.help) console.log(help);
else await run(Number(values.seconds));

async function run(seconds: number): Promise<void> {
  const stack = await startOutageSystem();
  try {
    const { rows, restarts, problems } = await outageTest(stack.system, stack.dependencies, seconds);
    console.log(`  ${'away'.padEnd(12)}${'process'.padEnd(20)}${'not ready after'.padEnd(18)}ready again after`);
    for (const { dependency, process: name, notReadyAfterMs, readyAfterMs } of rows) {
      const cells = [notReadyAfterMs, readyAfterMs].map((ms) =>
        ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`,
      );
      console.log(`  ${dependency.padEnd(12)}${name.padEnd(20)}${cells[0]?.padEnd(18)}${cells[1]}`);
    }
    console.log(`  each away for ${seconds} s; processes started again: ${restarts}`);
    for (const problem of problems) console.log(`  PROBLEM ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
    else console.log('  everything holds');
  } finally {
    await stack.stop();
  }
}
