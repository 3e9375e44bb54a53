import type { Checker } from './checker.js';
import { Client } from './client.js';
import { Cluster } from './cluster.js';
import type { FaultKind } from './faults.js';
import { Host } from './host.js';
import { People } from './people.js';
import type { Tampering } from './tampering.js';
import type { Violation } from './violation.js';
import { Weather } from './weather.js';

/** How long a run may stand still when nothing is broken any more: leases run out in that time, whatever the clocks say. */
const patienceMs = 90_000;
/** Everything that was stalled when the weather cleared has come back after this. */
const recoveryMs = 20_000;
const longestMs = 3_600_000;
/** Looking for runs that stand still need not be done at every step. */
const stepsBetweenLooks = 50;

/** What came of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly violation: (Violation & { readonly step: number; readonly trace: readonly string[] }) | undefined;
  /** The same for the same seed, always. */
  readonly digest: string;
  readonly steps: number;
  readonly runs: number;
  readonly commits: number;
  readonly refused: Checker['refused'];
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
}

/** Plays a seed from its beginning until everything has ended or an invariant is violated. */
export async function simulate(
  seed: number,
  { tampering = {}, onLine }: { readonly tampering?: Tampering; readonly onLine?: (line: string) => void } = {},
): Promise<Outcome> {
  const cluster = new Cluster(seed, tampering, onLine);
  const { checker, scheduler, trace, faults } = cluster;
  const onRejection = (error: unknown) => checker.unexpected('a promise that nobody looked after', error);
  process.on('unhandledRejection', onRejection);
  await play(cluster);
  // Node tells of such promises when it turns to its timers, which the scheduler never lets it.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', onRejection);
  const { violation } = checker;
  return {
    seed,
    violation: violation && { ...violation, step: scheduler.steps, trace: trace.tail },
    digest: trace.digest,
    steps: scheduler.steps,
    runs: checker.runs.size,
    commits: checker.commits,
    refused: checker.refused,
    faults: Object.fromEntries(faults.counts),
  };
}

async function play(cluster: Cluster): Promise<void> {
  const { checker, scheduler, dice, faults } = cluster;
  const crowd = new Host('clients', scheduler);
  new People(crowd, cluster).start();
  let answered = 0;
  const count = dice.between(4, 9);
  for (let index = 1; index <= count; index++) {
    void new Client(crowd, cluster, `key ${index}`).run().then(() => (answered += 1));
  }
  let calmSince = Number.POSITIVE_INFINITY;
  new Weather(cluster).start(dice.between(15_000, 35_000), () => {
    faults.end();
    calmSince = scheduler.now + recoveryMs;
  });
  while (!checker.violation && (await scheduler.step())) {
    checker.inspect(cluster.replicas);
    const isCalm = scheduler.now > calmSince && scheduler.steps % stepsBetweenLooks === 0;
    if (isCalm) checker.expectProgress(calmSince, patienceMs);
    if (isCalm && answered < count && scheduler.now - calmSince > patienceMs) {
      checker.violated(9, `${count - answered} callers have had no answer`);
    }
    if (calmSince < Number.POSITIVE_INFINITY && answered === count && checker.unfinished().length === 0) break;
    if (scheduler.elapsedMs > longestMs) checker.violated(9, 'the simulation does not end');
  }
  checker.conclude(({ facts }) => cluster.workflow(facts.workflowId).expected);
}
