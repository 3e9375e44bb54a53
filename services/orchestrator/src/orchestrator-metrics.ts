import { taskQueues } from '@treadle/contracts';
import { failureKind } from '@treadle/failure';
import type { MessageBus } from '@treadle/messaging';
import { type Metrics, metricCatalogue } from '@treadle/telemetry';
import type { LiveRun } from './domain/runs/live-run.js';
import { partitionCount } from './domain/runs/run-id.js';
import type { Commit, RunFacts } from './domain/runs/run-journal.js';

const names = metricCatalogue.orchestrator;

/** What is looked at when the numbers are shown. */
export interface ObservedOrchestrator {
  readonly runs: { readonly size: number; all(): Iterable<LiveRun> };
  readonly owned: () => ReadonlyMap<number, number>;
  readonly waitingCommits: () => number;
  readonly bus: MessageBus;
}

/** Counts what the orchestrator commits, and looks at the rest when somebody asks. */
export class OrchestratorMetrics {
  private readonly started;
  private readonly finished;
  private readonly failures;
  private readonly seconds;
  private readonly commitSeconds;
  private readonly batch;
  private readonly commitFailures;

  constructor(private readonly metrics: Metrics) {
    this.started = metrics.counter(names.started).of();
    this.finished = metrics.counter(names.finished);
    this.failures = metrics.counter(names.failures);
    this.seconds = metrics.histogram(names.seconds);
    this.commitSeconds = metrics.histogram(names.commitSeconds).of();
    this.batch = metrics.histogram(names.batch).of();
    this.commitFailures = metrics.counter(names.commitFailures).of();
    // A rate needs a beginning: what never happened is shown as zero.
    for (const status of ['completed', 'failed', 'cancelled']) this.finished.of(status);
    for (const kind of ['caller', 'world', 'bug']) this.failures.of(kind);
  }

  /** A decision is in the journal. */
  committed({ createdAt }: RunFacts, { start, progress }: Commit): void {
    if (start) this.started.add();
    if (progress?.finishedAt === undefined) return;
    this.finished.of(progress.status).add();
    this.seconds.of(progress.status).observe(Math.max(0, progress.finishedAt - createdAt) / 1000);
    if (progress.status === 'failed') this.failures.of(failureKind(progress.failure?.code ?? 'internal')).add();
  }

  /** A write to the journal is over. */
  wrote(commits: number, seconds: number, wentWell: boolean): void {
    this.batch.observe(commits);
    this.commitSeconds.observe(seconds);
    if (!wentWell) this.commitFailures.add();
  }

  watch({ runs, owned, waitingCommits, bus }: ObservedOrchestrator): void {
    const { metrics } = this;
    const [live, outstanding] = [metrics.gauge(names.live).of(), metrics.gauge(names.outstanding).of()];
    const [partitions, mine] = [metrics.gauge(names.partitions).of(), metrics.gauge(names.owned).of()];
    const waiting = metrics.gauge(names.waiting).of();
    partitions.set(partitionCount);
    metrics.beforeShown(() => {
      live.set(runs.size);
      mine.set(owned().size);
      waiting.set(waitingCommits());
      let tasks = 0;
      for (const run of runs.all()) tasks += run.leases.size;
      outstanding.set(tasks);
    });
    metrics.beforeShown(() => this.showQueues(bus));
  }

  private async showQueues(bus: MessageBus): Promise<void> {
    const [depth, working, oldest, unserved] = [names.depth, names.working, names.oldest, names.unserved].map((name) =>
      this.metrics.gauge<string>(name),
    );
    // Where the bus is away, no number is better than an old one.
    for (const family of [depth, working, oldest, unserved]) family?.clear();
    const backlogs = await bus.backlogs(taskQueues);
    for (const { pool, waiting, held, oldestSeconds } of backlogs.queues) {
      depth?.of(pool).set(waiting);
      working?.of(pool).set(held);
      oldest?.of(pool).set(oldestSeconds);
    }
    unserved?.of().set(backlogs.unserved);
  }
}
