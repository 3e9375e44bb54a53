import {
  abandon,
  type Command,
  type FirstInput,
  type Input,
  isTerminal,
  newRun,
  type RunState,
  replay,
} from '@treadle/engine';
import { type Failure, FailureError, failure } from '@treadle/failure';
import type { Catalog, Plan } from '@treadle/workflow';
import { commitOf, LiveRun, type LiveRunHost } from './live-run.js';
import type { Offer } from './offer.js';
import type { PlanSource } from './plan-source.js';
import type { LargeValues } from './put-away-values.js';
import { partitionOf } from './run-id.js';
import { type Commit, eventsOf, type NewRun, type RunFacts, type RunJournal, type StoredRun } from './run-journal.js';

/** What happens outside when a run has moved on. */
export interface RunEffects {
  /** Does the commands of a committed decision; what an offer fits may go its way. */
  dispatch(run: LiveRun, commands: readonly Command[], offers: readonly Offer[]): void;
  /** Tells whoever watches the run. */
  announce(commit: Commit): void;
  /** A decision is in the journal; for who counts. */
  committed?(facts: RunFacts, commit: Commit): void;
  /** A run waits for its turn: it was just queued, or read again from the journal. */
  queued(run: LiveRun): void;
  /** A run has left memory: it ended, rests, or is no longer ours. */
  left(run: LiveRun): void;
  /** A bug of ours met a run; it fails alone. */
  poisoned(facts: RunFacts, error: unknown): void;
}

export interface LiveRunsOptions {
  readonly catalog: Catalog;
  readonly journal: RunJournal;
  /** Absent keeps values of every size in the journal. */
  readonly values?: LargeValues;
  readonly plans: PlanSource;
  readonly effects: RunEffects;
  readonly now: () => number;
  /** Above this many, starts are refused until some have ended. */
  readonly maxLiveRuns: number;
}

/** The runs of the owned partitions that are under way, in memory so that a step reads nothing. */
export class LiveRuns implements LiveRunHost {
  readonly catalog: Catalog;
  readonly journal: RunJournal;
  readonly now: () => number;
  readonly values?: LargeValues;
  private readonly runs = new Map<string, LiveRun>();
  private readonly loading = new Map<string, Promise<LiveRun | undefined>>();
  private readonly watchers = new Map<string, ((run: LiveRun, lost: boolean) => void)[]>();
  /** Partitions with runs that left memory without having ended: their journals have to be read again. */
  private readonly dropped = new Set<number>();
  private owned: ReadonlyMap<number, number> = new Map();
  private distrusted = 0;

  constructor(private readonly options: LiveRunsOptions) {
    this.catalog = options.catalog;
    this.journal = options.journal;
    this.now = options.now;
    if (options.values) this.values = options.values;
  }

  /**
   * Begins or queues a run here. Resolves after the commit, with the end to wait for if `wait`. Rejects with `unavailable` when the start
   * is not certain, for example because its key or its turn is taken.
   */
  async start(
    facts: RunFacts,
    plan: Plan,
    input: FirstInput,
    wait: boolean,
    more: NewRun = {},
  ): Promise<{ run: LiveRun; ended?: Promise<RunState> }> {
    if (this.runs.size >= this.options.maxLiveRuns) throw tooBusy(this.runs.size);
    const run = new LiveRun(this, facts, plan, newRun, more);
    this.runs.set(facts.id, run);
    const ended = wait ? this.ended(run) : undefined;
    // Whoever waits hears of a failed start by this call; the same news by the other way needs no second listener.
    ended?.catch(() => undefined);
    await run.give(input);
    if (run.state.status === 'pending') this.options.effects.queued(run);
    return ended ? { run, ended } : { run };
  }

  /**
   * The run, read from the journal if it is not in memory; `undefined` when it has ended or does not exist.
   * @throws FailureError `unavailable` when its partition is not ours
   */
  async find(runId: string): Promise<LiveRun | undefined> {
    if (!this.owned.has(partitionOf(runId))) throw elsewhere(runId);
    return this.runs.get(runId) ?? this.load(runId);
  }

  /**
   * Gives an input to a run, in memory or at rest. Resolves after the commit with whether it changed anything; a run that has
   * ended or does not exist takes nothing.
   * @throws FailureError `unavailable` when its partition is not ours, or it must be given again
   */
  async give(runId: string, input: Input): Promise<boolean> {
    const run = await this.find(runId);
    if (!run) return false;
    try {
      return await run.give(input);
    } catch (error) {
      // It went to rest between being found and being asked.
      if (run.parked) return this.give(runId, input);
      throw error;
    }
  }

  /** Wakes paused runs whose moment has come, some at a time. Gives their number. */
  async wakeParked(limit: number): Promise<number> {
    const at = this.now();
    const due = await this.journal.due([...this.owned.keys()], at, limit);
    await Promise.all(due.map((runId) => this.give(runId, { type: 'timer', at })));
    return due.length;
  }

  /** The run if it is in memory now. */
  peek(runId: string): LiveRun | undefined {
    return this.runs.get(runId);
  }

  all(): Iterable<LiveRun> {
    return this.runs.values();
  }

  get size(): number {
    return this.runs.size;
  }

  /** Resolves with the state the run ended or paused in; rejects with `unavailable` when this replica no longer speaks for it. */
  ended(run: LiveRun): Promise<RunState> {
    if (isTerminal(run.state.status) || run.state.status === 'paused') return Promise.resolve(run.state);
    return new Promise((resolve, reject) => {
      const watch = (left: LiveRun, lost: boolean) => {
        if (lost) reject(elsewhere(run.facts.id));
        else resolve(left.state);
      };
      this.watchers.set(run.facts.id, [...(this.watchers.get(run.facts.id) ?? []), watch]);
    });
  }

  /** Says which partitions are owned from now on, and drops the runs of those that are not. New ones are to be recovered. */
  setOwned(owned: ReadonlyMap<number, number>): void {
    const before = this.owned;
    const isNew = (partition: number) => owned.get(partition) !== before.get(partition);
    for (const partition of owned.keys()) if (isNew(partition)) this.dropped.add(partition);
    this.owned = owned;
    // Under another fence somebody else had the partition meanwhile: what is in memory may be old.
    for (const run of [...this.runs.values()]) if (isNew(run.facts.partition)) run.evict();
  }

  /**
   * Loads the unfinished runs of partitions that were just acquired, or whose runs were dropped because a commit's outcome was
   * not known, and does all that is outstanding again. What fails stays to be recovered. Gives the number of runs loaded.
   */
  async recover(): Promise<number> {
    let count = 0;
    for (const partition of [...this.dropped]) {
      // First, so that what is dropped while this one is read is read again.
      this.dropped.delete(partition);
      try {
        if (this.owned.has(partition)) count += await this.recoverPartition(partition);
      } catch (error) {
        this.dropped.add(partition);
        throw error;
      }
    }
    return count;
  }

  /**
   * Has the next owned partitions, in turn, read again by `recover`: a commit that was given up may have been written after the
   * journal was last read, and then nobody else knows of its run.
   */
  distrust(count: number): void {
    const partitions = [...this.owned.keys()];
    for (let index = 0; index < Math.min(count, partitions.length); index++) {
      const partition = partitions[this.distrusted++ % partitions.length];
      if (partition !== undefined) this.dropped.add(partition);
    }
  }

  private async recoverPartition(partition: number): Promise<number> {
    const ids = await this.journal.unfinished(partition);
    let count = 0;
    for (let from = 0; from < ids.length; from += 100) {
      const wanted = ids.slice(from, from + 100).filter((id) => !this.runs.has(id) && !this.loading.has(id));
      const runs = await Promise.all(this.loadAll(wanted));
      // What was paused meanwhile has nothing to do in memory.
      for (const run of runs) run?.rest();
      count += wanted.length;
    }
    return count;
  }

  fenceOf(partition: number): number | undefined {
    return this.owned.get(partition);
  }

  committed(run: LiveRun, commit: Commit, commands: readonly Command[], offers: readonly Offer[]): void {
    this.options.effects.committed?.(run.facts, commit);
    this.options.effects.announce(commit);
    this.options.effects.dispatch(run, commands, offers);
  }

  left(run: LiveRun, lost: boolean): void {
    this.runs.delete(run.facts.id);
    if (lost) this.dropped.add(run.facts.partition);
    const watchers = this.watchers.get(run.facts.id) ?? [];
    this.watchers.delete(run.facts.id);
    for (const watch of watchers) watch(run, lost);
    this.options.effects.left(run);
  }

  poisoned(run: LiveRun, error: unknown): void {
    this.options.effects.poisoned(run.facts, error);
  }

  private async load(runId: string): Promise<LiveRun | undefined> {
    return this.loading.get(runId) ?? this.loadAll([runId])[0];
  }

  /** Reads runs from the journal. Whoever wants one of them meanwhile waits for the same reading, so that none is taken in old. */
  private loadAll(runIds: readonly string[]): Promise<LiveRun | undefined>[] {
    if (runIds.length === 0) return [];
    const owned = this.owned;
    const reading = this.journal.load(runIds);
    return runIds.map((runId) => {
      const loading = reading
        .then((all) => all.find(({ facts }) => facts.id === runId))
        .then((stored) => stored && this.admit(stored, owned.get(stored.facts.partition)))
        .finally(() => this.loading.delete(runId));
      this.loading.set(runId, loading);
      return loading;
    });
  }

  /** @param fence under which the partition was owned when the run was read */
  private async admit(stored: StoredRun, fence: number | undefined): Promise<LiveRun | undefined> {
    const state = await this.stateOf(stored);
    if (!state || isTerminal(state.status)) return undefined;
    const plan = await this.planOf(stored, state);
    if (!plan) return undefined;
    const { facts } = stored;
    if (fence === undefined || this.owned.get(facts.partition) !== fence) throw elsewhere(facts.id);
    const run = new LiveRun(this, facts, plan, state);
    this.runs.set(facts.id, run);
    this.options.effects.dispatch(run, run.outstanding(), []);
    if (state.status === 'pending') this.options.effects.queued(run);
    return run;
  }

  /** The run's state. A run whose history cannot be read is failed by itself too. */
  private async stateOf({ facts, entries }: StoredRun): Promise<RunState | undefined> {
    try {
      return replay(eventsOf(entries));
    } catch (error) {
      this.options.effects.poisoned(facts, error);
      const sequence = entries.at(-1)?.firstSequence ?? 0;
      const why = failure('internal', 'The history of this run cannot be read. It is kept; please report it.');
      await this.bury(facts, { ...newRun, sequence }, why);
      return undefined;
    }
  }

  /** The run's plan. A run whose plan cannot be made any more is failed by itself, so that it keeps nobody else from running. */
  private async planOf({ facts }: StoredRun, state: RunState): Promise<Plan | undefined> {
    try {
      return await this.options.plans.plan(facts);
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.retryable) throw error;
      this.options.effects.poisoned(facts, error);
      await this.bury(facts, state, error.failure);
      return undefined;
    }
  }

  private async bury(facts: RunFacts, state: RunState, why: Failure): Promise<void> {
    const fence = this.owned.get(facts.partition);
    if (fence === undefined) throw elsewhere(facts.id);
    const commit = commitOf(facts, fence, this.now(), state, abandon(state, why));
    if ((await this.journal.append(commit)) !== 'written') return;
    this.options.effects.committed?.(facts, commit);
    this.options.effects.announce(commit);
  }
}

function elsewhere(runId: string): FailureError {
  return FailureError.of('unavailable', `Run ${runId} goes on at another orchestrator. Try again.`, {
    retryAfterSeconds: 1,
  });
}

function tooBusy(count: number): FailureError {
  return FailureError.of(
    'unavailable',
    `${count} runs are under way here, which is the limit. Try again in a moment.`,
    {
      retryAfterSeconds: 2,
    },
  );
}
