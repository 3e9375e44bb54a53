import {
  abandon,
  advance,
  type Command,
  type Decision,
  type Input,
  isTerminal,
  newlyOutstanding,
  nextWake,
  outstanding,
  type RunEvent,
  type RunState,
  replay,
} from '@treadle/engine';
import { FailureError, failure, toFailure } from '@treadle/failure';
import { type Catalog, inlineBytes, type Plan } from '@treadle/workflow';
import { approvalChanges } from '../approvals/approval-changes.js';
import { endedTurn } from '../conversations/turn.js';
import type { Offer } from './offer.js';
import { type LargeValues, putAwayValues } from './put-away-values.js';
import type { Commit, NewRun, RunFacts, RunJournal, RunProgress } from './run-journal.js';

/** What a live run needs from around it. */
export interface LiveRunHost {
  readonly catalog: Catalog;
  readonly journal: RunJournal;
  /** Absent keeps values of every size in the journal. */
  readonly values?: LargeValues;
  now(): number;
  /** The fence under which this replica owns the run's partition now; `undefined` when it does not. */
  fenceOf(partition: number): number | undefined;
  /** Called after each commit, before the next decision: do the commands, tell the listeners. */
  committed(run: LiveRun, commit: Commit, commands: readonly Command[], offers: readonly Offer[]): void;
  /** Called once, when the run leaves memory: it has ended, or (with `lost`) this replica can no longer speak for it. */
  left(run: LiveRun, lost: boolean): void;
  /** A bug of ours met this run; it fails alone. */
  poisoned(run: LiveRun, error: unknown): void;
}

type Decided = Pick<Decision, 'state' | 'events'>;

interface Waiting {
  readonly input: Input;
  readonly offer: Offer | undefined;
  readonly resolve: (accepted: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A run in the memory of its partition's owner. Inputs are decided one after the other and committed before anything follows
 * from them; what arrives during a commit is decided together after it.
 */
export class LiveRun {
  /** Highest fence seen for an open node, and when its holder was last heard of (milliseconds since the epoch). */
  readonly leases = new Map<string, { fence: number; heardAt: number }>();
  private readonly inbox: Waiting[] = [];
  private working = false;
  private gone = false;

  constructor(
    private readonly host: LiveRunHost,
    readonly facts: RunFacts,
    readonly plan: Plan,
    public state: RunState,
    /** Set until the first commit. */
    private unstarted?: NewRun,
  ) {}

  /**
   * Gives an input, and an offer that stands if it changes anything. Resolves after the commit with whether it did; rejects with `unavailable`
   * when it must be given again.
   */
  give(input: Input, offer?: Offer): Promise<boolean> {
    if (this.gone) return isTerminal(this.state.status) ? Promise.resolve(false) : Promise.reject(lost(this.facts.id));
    return new Promise((resolve, reject) => {
      this.inbox.push({ input, offer, resolve, reject });
      if (!this.working) void this.work();
    });
  }

  /** All the run waits for. Doing it again is always safe. */
  outstanding(): Command[] {
    return outstanding(this.state);
  }

  /** When the run wants a `timer` input, in milliseconds since the epoch. */
  wakeAt(): number | undefined {
    return nextWake(this.state);
  }

  /** Whether it left memory because it is paused; asked again, it is found in the journal. */
  get parked(): boolean {
    return this.gone && this.state.status === 'paused';
  }

  /** Drops the run from memory; whoever waits is told to try again. */
  evict(): void {
    if (this.gone) return;
    this.leave(true);
  }

  /** A paused run is rows and nothing else: whatever reaches it next reads it from the journal. */
  rest(): void {
    if (!this.gone && !this.working && this.state.status === 'paused') this.leave(false);
  }

  private async work(): Promise<void> {
    this.working = true;
    while (this.inbox.length > 0 && !this.gone) {
      const batch = this.inbox.splice(0);
      try {
        const accepted = await this.decide(batch);
        batch.forEach((waiting, index) => waiting.resolve(accepted[index] ?? false));
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
        this.evict();
      }
    }
    this.working = false;
    this.rest();
  }

  private async decide(batch: readonly Waiting[]): Promise<boolean[]> {
    const before = this.state;
    const { accepted, ...decided } = this.fold(batch.map(({ input }) => input));
    if (decided.events.length === 0) return accepted;
    const { state, commit } = await this.prepare(before, decided);
    if ((await this.host.journal.append(commit)) === 'refused') throw lost(this.facts.id);
    this.unstarted = undefined;
    this.state = state;
    for (const key of this.leases.keys()) if (!state.open.has(key)) this.leases.delete(key);
    const offers = batch.flatMap(({ offer }, index) => (offer && accepted[index] ? [offer] : []));
    this.host.committed(this, commit, newlyOutstanding(before, state), offers);
    if (isTerminal(state.status)) this.leave(false);
    return accepted;
  }

  /** Makes a decision ready for the journal. A run whose large values are gone fails alone. */
  private async prepare(before: RunState, decided: Decided): Promise<{ state: RunState; commit: Commit }> {
    const { facts, plan, unstarted, host } = this;
    const commitFor = (what: Decided) => {
      const fence = host.fenceOf(facts.partition);
      if (fence === undefined) throw lost(facts.id);
      return { state: what.state, commit: commitOf(facts, fence, host.now(), before, what, plan, unstarted) };
    };
    const whole = commitFor(decided);
    const isShort = !decided.state.holdsLarge && Buffer.byteLength(whole.commit.eventsJson) <= inlineBytes;
    if (isShort || !host.values) return whole;
    try {
      const events = await putAwayValues(facts, decided.events, host.values);
      return commitFor({ events, state: replay(events, before) });
    } catch (error) {
      const why = toFailure(error);
      if (why.retryable) throw error;
      return commitFor(abandon(before, why));
    }
  }

  private fold(inputs: readonly Input[]): { state: RunState; events: RunEvent[]; accepted: boolean[] } {
    let state = this.state;
    const events: RunEvent[] = [];
    const accepted = inputs.map((input) => {
      const decision = this.decideOne(state, input);
      state = decision.state;
      events.push(...decision.events);
      return decision.events.length > 0;
    });
    return { state, events, accepted };
  }

  private decideOne(state: RunState, input: Input) {
    try {
      return advance(this.plan, this.host.catalog, state, input);
    } catch (error) {
      this.host.poisoned(this, error);
      return abandon(
        state,
        failure('internal', 'The engine could not decide this run. Its history is kept; please report it.'),
      );
    }
  }

  /** Whoever came too late hears it: nothing changes after the end, and a lost run has to be asked elsewhere. */
  private leave(isLost: boolean): void {
    this.gone = true;
    for (const waiting of this.inbox.splice(0)) {
      if (isLost) waiting.reject(lost(this.facts.id));
      else waiting.resolve(false);
    }
    this.host.left(this, isLost);
  }
}

/**
 * A decision as the journal takes it.
 * @param before the state it was made upon
 * @param plan absent where it cannot be made any more
 * @param unstarted given with a run's first decision
 */
export function commitOf(
  facts: RunFacts,
  fence: number,
  at: number,
  before: RunState,
  decision: Decided,
  plan?: Plan,
  unstarted?: NewRun,
): Commit {
  const { state, events } = decision;
  const approvals = approvalChanges(facts, plan, before, decision);
  const turn = endedTurn(facts, state);
  return {
    runId: facts.id,
    partition: facts.partition,
    fence,
    firstSequence: before.sequence + 1,
    eventCount: state.sequence - before.sequence,
    at,
    eventsJson: JSON.stringify(events),
    ...(unstarted ? { start: { facts, ...unstarted } } : {}),
    ...(turn ? { ended: { facts, turn } } : {}),
    ...(unstarted || before.status !== state.status || state.status === 'paused'
      ? { progress: progressOf(state, at) }
      : {}),
    ...(approvals ? { approvals } : {}),
  };
}

function progressOf(state: RunState, at: number): RunProgress {
  const wakeAt = state.status === 'paused' ? nextWake(state) : undefined;
  return {
    status: state.status,
    inputTokens: state.inputTokens,
    outputTokens: state.outputTokens,
    ...(isTerminal(state.status) ? { finishedAt: at } : {}),
    ...(state.failure ? { failure: state.failure } : {}),
    ...(wakeAt === undefined ? {} : { wakeAt }),
  };
}

function lost(runId: string): FailureError {
  return FailureError.of('unavailable', `Run ${runId} is changing hands. Try again in a moment.`, {
    retryAfterSeconds: 1,
  });
}
