// What a cluster would carry, calculated from what each service was measured to need for a run (bench/results/runs.json, written by bench:runs in
// several processes): the service whose processors are used up first is the limit.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const roles = { gateway: 12, orchestrator: 8, 'node-executor': 64, 'model-proxy': 12, postgres: 8 };
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
const measured = ['W1', 'W2', 'W3', 'W5'].flatMap((workload) =>
  results.filter(
    (one) =>
      one.system === 'treadle processes' && one.workload === workload && one.concurrency === 50 && one.requests > 0,
  ),
);
if (measured.length === 0) {
  console.error(
    'bench/results/runs.json has no run of several processes with 50 callers: run bench:runs with them first.',
  );
  process.exit(1);
}
console.table(measured.map(rowOf));
console.log('Cores for 1,000 runs a second:');
console.table(measured.map(coresOf));

/** Milliseconds of processor time for a run, by service; those that hardly take part are left out. */
function needsOf({ cpuMsPerRunByRole, postgresCpuMsPerRun }) {
  const needs = { ...cpuMsPerRunByRole, postgres: postgresCpuMsPerRun };
  return Object.keys(roles)
    .filter((role) => needs[role] > 0.02)
    .map((role) => ({ role, cpuMs: needs[role], perCore: (1_000 * share) / needs[role] }));
}

function rowOf(run) {
  const carried = needsOf(run).map((one) => ({ ...one, runs: Number(values[one.role]) * one.perCore }));
  const [least] = [...carried].sort((one, other) => one.runs - other.runs);
  return {
    workload: run.workload,
    'cluster runs/s': Math.round(least.runs),
    'limited by': least.role,
    ...Object.fromEntries(carried.map(({ role, perCore }) => [`${role}, runs/s a core`, Math.round(perCore)])),
  };
}

function coresOf(run) {
  const cores = needsOf(run).map(({ role, perCore }) => [role, Number((1_000 / perCore).toFixed(1))]);
  return { workload: run.workload, ...Object.fromEntries(cores) };
}
