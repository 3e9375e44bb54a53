// What a cluster would carry, calculated from what each service was measured to need for a run (bench/results/runs.json, written by bench:runs in
// several processes): the service whose processors are used up first is the limit.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const roles = { gateway: 2, orchestrator: 8, 'node-executor': 64, 'model-proxy': 4, postgres: 8 };
const { values } = parseArgs({
  options: {
    ...Object.fromEntries(
      Object.entries(roles).map(([role, count]) => [role, { type: 'string', default: String(count) }]),
    ),
    share: { type: 'string', default: '0.7' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run bench:capacity -- [options]
${Object.entries(roles)
  .map(([role, count]) => `  --${`${role} <n>`.padEnd(22)} cores, one for each process, default ${count}`)
  .join('\n')}
  --share <n>              of a core that is to be used, default 0.7
Reads bench/results/runs.json; run bench:runs with the mode processes before.`);
  process.exit(0);
}

const { results, machine } = JSON.parse(readFileSync('bench/results/runs.json', 'utf8'));
const share = Number(values.share);
console.log(
  `Calculated from processor time on ${machine.model}, Node ${machine.node}; ${share * 100} % of each core used.`,
);
console.table(
  ['W1', 'W2', 'W3', 'W5'].flatMap((workload) => {
    const measured = results.find(
      (one) => one.system === 'treadle processes' && one.workload === workload && one.concurrency === 50,
    );
    return measured ? [rowOf(workload, measured)] : [];
  }),
);

function rowOf(workload, { cpuMsPerRunByRole, postgresCpuMsPerRun }) {
  const needs = { ...cpuMsPerRunByRole, postgres: postgresCpuMsPerRun };
  const carried = Object.keys(roles)
    .filter((role) => needs[role] > 0.02)
    .map((role) => ({
      role,
      perCore: (1_000 * share) / needs[role],
      runs: (Number(values[role]) * 1_000 * share) / needs[role],
    }));
  const [least] = [...carried].sort((one, other) => one.runs - other.runs);
  const perCore = carried.map(({ role, perCore }) => [`${role}, runs/s a core`, Math.round(perCore)]);
  return {
    workload,
    'cluster runs/s': Math.round(least.runs),
    'limited by': least.role,
    ...Object.fromEntries(perCore),
  };
}
