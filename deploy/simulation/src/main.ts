import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { findPlantedBug } from './find-planted-bug.js';
import { plantedBugs } from './planted-bugs.js';
import { playSeeds } from './play-seeds.js';
import { type Outcome, simulate } from './simulation.js';
import { Tally } from './tally.js';
import { invariants } from './violation.js';

const help = `Plays orchestrators, executors, database and bus in one process, by a virtual clock, and checks what must hold after each step.

  --seeds N        plays so many seeds (default 200)
  --from N         the first of them (default 1)
  --workers N      how many at a time (default: one for each core)
  --seed N         plays one seed and prints all that happens
  --planted-bugs   plants one bug after the other and says which invariant finds it
  --help           this text`;

/** A planted bug that survives so many seeds was not found, and so many of them may be. */
const [mostSeedsForBug, mostBugsMissed] = [400, 1];

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string' },
    'planted-bugs': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else if (values.seed !== undefined) await replayOne(number('seed'));
else if (values['planted-bugs']) await findAll();
else await playMany();

async function replayOne(seed: number): Promise<void> {
  const outcome = await simulate(seed, { onLine: (line) => console.log(line) });
  const { steps, runs, commits, digest } = outcome;
  console.log(`\nseed ${seed}: ${steps} steps, ${runs} runs, ${commits} commits, digest ${digest}`);
  if (outcome.violation) fail(outcome);
}

async function playMany(): Promise<void> {
  const tally = new Tally();
  let bad: Outcome | undefined;
  await playSeeds({ from: number('from'), count: number('seeds'), workers: number('workers') }, (outcome) => {
    tally.add(outcome);
    if (tally.seeds % 100 === 0) console.log(tally.progress());
    if (outcome.violation) bad = outcome;
    return bad === undefined;
  });
  console.log(`\n${tally.progress()}\n${tally.summary()}\n\nfaults\n${tally.faultLines().join('\n')}\n`);
  if (!bad) return console.log('every invariant held after every step');
  for (const line of bad.violation?.trace ?? []) console.log(line);
  fail(bad);
}

async function findAll(): Promise<void> {
  const missed: string[] = [];
  for (const [name, bug] of Object.entries(plantedBugs)) {
    const found = await findPlantedBug(bug, mostSeedsForBug);
    const by = found?.violation ? `seed ${found.seed}, ${found.violation.invariant} ${titleOf(found)}` : 'NOT FOUND';
    if (!found) missed.push(name);
    console.log(`${name.padEnd(36)}${by}`);
  }
  const count = Object.keys(plantedBugs).length;
  console.log(`\n${count - missed.length} of ${count} found`);
  if (missed.length > mostBugsMissed) process.exitCode = 1;
}

function fail(outcome: Outcome): void {
  const { violation, seed } = outcome;
  console.log(`\nVIOLATION at step ${violation?.step} of seed ${seed}`);
  console.log(`  invariant ${violation?.invariant}: ${titleOf(outcome)}`);
  console.log(`  ${violation?.what}\n\nReplay it with: npm run simulate -- --seed ${seed}`);
  process.exitCode = 1;
}

function titleOf({ violation }: Outcome): string {
  return violation ? invariants[violation.invariant] : '';
}

function number(option: 'seed' | 'seeds' | 'from' | 'workers'): number {
  const value = Number(values[option]);
  if (Number.isSafeInteger(value) && value >= (option === 'from' || option === 'seed' ? 0 : 1)) return value;
  console.error(`--${option} has to be a whole number, not "${values[option]}".\n\n${help}`);
  process.exit(2);
}
