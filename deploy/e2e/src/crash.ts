import { parseArgs } from 'node:util';
import { crashTest } from './crash-test.js';
import { startModelProcess } from './model-process.js';
import { printReport } from './print-report.js';
import { startProcessesSystem } from './processes-system.js';
import { startStandaloneSystem } from './standalone-system.js';
import type { System } from './system.js';

const help = `Kills Treadle while it runs workflows, then checks every run through the public API.

  --mode standalone|processes|streams|all   what is killed; streams deletes every JetStream stream half-way (default all)
  --runs N                                  runs to start (default 300)
  --kills N                                 processes to kill (default 10)
  --per-second N                            starts each second (default 15)`;

const modes = ['standalone', 'processes', 'streams'] as const;
type Mode = (typeof modes)[number];

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: 'all' },
    runs: { type: 'string', default: '300' },
    kills: { type: 'string', default: '10' },
    'per-second': { type: 'string', default: '15' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else for (const mode of chosen(values.mode)) await run(mode);

function chosen(name: string): readonly Mode[] {
  const found = modes.filter((mode) => name === 'all' || name === mode);
  if (found.length > 0) return found;
  console.error(`There is no mode "${name}".\n\n${help}`);
  process.exit(2);
}

async function run(mode: Mode): Promise<void> {
  console.log(`\n${mode}: ${values.runs} runs of ten nodes, ${values.kills} kills`);
  const models = await startModelProcess({ latencyMs: 50 });
  let system: System | undefined;
  try {
    const processes = mode === 'standalone' ? undefined : await startProcessesSystem(models.url);
    system = processes ?? (await startStandaloneSystem(models.url));
    const report = await crashTest(system, models, {
      runs: Number(values.runs),
      kills: Number(values.kills),
      perSecond: Number(values['per-second']),
      halfWay: mode === 'streams' ? processes?.deleteStreams : undefined,
      log: (line) => console.log(`  ${line}`),
    });
    if (!printReport(report)) console.log(system.log());
  } finally {
    await system?.stop();
    await models.stop();
  }
}
