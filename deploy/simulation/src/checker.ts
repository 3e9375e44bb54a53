import type { JournalEntry, Result, Task } from '@treadle/contracts';
import { isTerminal, nextWake, outstanding, type RunEvent } from '@treadle/engine';
import {
  type Commit,
  isPassing,
  type LiveRuns,
  type OwnedPartitions,
  type StoredRun,
} from '@treadle/orchestrator/parts';
import type { DatabaseWitness } from './database.js';
import type { Host } from './host.js';
import { RunRecord } from './run-record.js';
import type { BusWitness } from './simulated-bus.js';
import type { Trace } from './trace.js';
import type { Invariant, Violation } from './violation.js';

/** A replica's memory, as far as the checker looks into it. */
export interface ReplicaMemory {
  readonly host: Host;
  readonly runs: LiveRuns;
  /** Queries that have not been answered yet. */
  readonly underway: number;
}

/**
 * Watches everything that leaves a replica and everything that the database does, and holds it against the invariants. It keeps
 * its own books: the histories, who owns which fence, what callers were told.
 */
export class Checker implements DatabaseWitness, BusWitness {
  violation: Violation | undefined;
  readonly runs = new Map<string, RunRecord>();
  commits = 0;
  /** Commits that the journal would not take: of former owners, and of numbers, keys or turns that were taken. */
  readonly refused = { ofFormerOwners: 0, ofWhatWasTaken: 0 };
  private readonly fences = new Map<number, { readonly fence: number; readonly owner: string }>();
  private readonly runOfKey = new Map<string, string>();
  private readonly cancelled = new Set<string>();
  /** The turns of each, in order. */
  private readonly conversations = new Map<string, RunRecord[]>();

  constructor(
    private readonly now: () => number,
    private readonly trace: Trace,
  ) {}

  granted(host: Host, partitions: OwnedPartitions): void {
    if (partitions.size > 0) this.trace.note(`${host.name} takes ${partitions.size} partitions`);
    for (const [partition, fence] of partitions) {
      const last = this.fences.get(partition);
      if (last && fence <= last.fence) {
        this.violated(5, `${host.name} owns partition ${partition} under ${fence}, ${last.owner} had ${last.fence}`);
      }
      this.fences.set(partition, { fence, owner: host.name });
    }
  }

  appended(host: Host, commit: Commit, verdict: 'written' | 'refused'): void {
    const events = JSON.parse(commit.eventsJson) as RunEvent[];
    const what = `${nameOf(commit.runId)} ${commit.firstSequence}+${commit.eventCount} by ${host.name}`;
    this.trace.note(`${verdict}: ${what} ${events.map(({ type }) => type).join(' ')}`);
    const owned = this.fences.get(commit.partition);
    if (verdict === 'refused') {
      this.refused[owned?.fence === commit.fence ? 'ofWhatWasTaken' : 'ofFormerOwners'] += 1;
      return;
    }
    this.commits += 1;
    if (owned?.fence !== commit.fence) this.violated(6, `${what} under ${commit.fence}, the fence is ${owned?.fence}`);
    else if (owned.owner !== host.name) this.violated(5, `${what} under the fence of ${owned.owner}`);
    const record = this.recordFor(commit);
    if (!record) return this.violated(3, `${what}: the run has not begun`);
    this.append(record, commit, events, what);
  }

  loaded(runs: readonly StoredRun[]): void {
    for (const { facts, entries } of runs) {
      if (this.runs.get(facts.id)?.isTold(entries)) continue;
      this.violated(3, `${nameOf(facts.id)} was read with ${entries.length} entries, which is not what was written`);
    }
  }

  published(message: unknown): void {
    const entry = message as Partial<JournalEntry>;
    if (entry.eventsJson === undefined || entry.runId === undefined) return;
    const last = (entry.firstSequence ?? 0) + (JSON.parse(entry.eventsJson) as unknown[]).length - 1;
    const record = this.runs.get(entry.runId);
    if (!record || record.state.sequence < last) {
      this.violated(4, `${nameOf(entry.runId)} was announced up to ${last}, written is ${record?.state.sequence ?? 0}`);
    }
  }

  enqueued(message: unknown): void {
    this.wanted(message as Task, 'queued');
  }

  /** A responder that can not answer now stays silent, and is asked again. */
  responderThrew(error: unknown): void {
    if (!isPassing(error)) this.unexpected('a responder', error);
  }

  /** An executor begins with a task. */
  begins(task: Task): void {
    this.wanted(task, 'begun');
  }

  /** An executor was told that its result is committed. */
  receipted({ runId, nodeKey, attempt }: Result): void {
    if (this.runs.get(runId)?.hasSettled(nodeKey, attempt)) return;
    this.violated(4, `${nameOf(runId)} ${nodeKey} ${attempt} was said to be committed, and no result is`);
  }

  /** A caller was told the id of its run. */
  accepted(runId: string, key: string): void {
    if (!this.runs.has(runId)) this.violated(1, `${nameOf(runId)} was accepted and is not there`);
    const known = this.runOfKey.get(key);
    if (known !== runId) this.violated(7, `key ${key} gave ${nameOf(runId)}, its run is ${known && nameOf(known)}`);
  }

  /** A caller was told how its run ended or paused. */
  heardEnd(runId: string, status: string, sequence: number): void {
    const record = this.runs.get(runId);
    if (!record || record.state.sequence < sequence || (isOver(status) && record.state.status !== status)) {
      this.violated(1, `${nameOf(runId)} was told to be ${status}, written is ${record?.state.status}`);
    }
  }

  /** A caller was told whether its cancel won. */
  heardCancel(runId: string, won: boolean): void {
    const status = this.runs.get(runId)?.state.status;
    if (won) this.cancelled.add(runId);
    if (won ? status !== 'cancelled' : !isOver(status)) {
      this.violated(8, `${nameOf(runId)} is ${status}, and its cancel was told to have ${won ? 'won' : 'lost'}`);
    }
  }

  unexpected(where: string, error: unknown): void {
    this.violated(12, `${where}: ${error instanceof Error ? error.stack : String(error)}`);
  }

  /** After each step: what replicas hold in memory is what was written, if perhaps not the newest of it. */
  inspect(replicas: Iterable<ReplicaMemory>): void {
    for (const { host, runs, underway } of replicas) {
      for (const run of runs.all()) {
        const { state } = run;
        const record = this.runs.get(run.facts.id);
        if (state.sequence > 0 && !record?.hasBeen(state)) {
          this.violated(3, `${host.name} holds ${nameOf(run.facts.id)} at ${state.sequence}, which is not its history`);
        }
        if (state.status === 'paused' && underway === 0) {
          this.violated(11, `${host.name} keeps ${nameOf(run.facts.id)} in memory, which is paused`);
        }
      }
    }
  }

  /** Whether a run has stood still for longer than this, counted from `since` at the earliest. */
  expectProgress(since: number, patienceMs: number): void {
    for (const record of this.unfinished()) {
      if (this.now() - Math.max(since, this.movedAt(record)) < patienceMs) continue;
      const waits = outstanding(record.state).map(({ type, key, attempt }) => `${type} ${key} ${attempt}`);
      this.violated(9, `${nameOf(record.id)} stands still, ${record.state.status}, waiting for ${waits.join(', ')}`);
    }
  }

  /** When it last moved on, or one that it may have to wait for. */
  private movedAt({ facts: { conversationId, turn }, movedAt }: RunRecord): number {
    const before = (this.conversations.get(conversationId) ?? []).slice(0, Math.max(0, turn - 1));
    return Math.max(movedAt, ...before.map((earlier) => earlier.movedAt));
  }

  unfinished(): RunRecord[] {
    return [...this.runs.values()].filter(({ isOver }) => !isOver);
  }

  /** When everything is over: each run has ended as it should. */
  conclude(expectedOf: (record: RunRecord) => unknown): void {
    for (const record of this.runs.values()) {
      const { status, outputs } = record.state;
      if (status === 'cancelled') continue;
      const expected = expectedOf(record);
      const ended = status === 'completed' ? outputs : status;
      if (JSON.stringify(sorted(ended)) !== JSON.stringify(sorted(expected))) {
        this.violated(10, `${nameOf(record.id)}: ${JSON.stringify(ended)}, not ${JSON.stringify(expected)}`);
      }
    }
  }

  violated(invariant: Invariant, what: string): void {
    if (this.violation) return;
    this.violation = { invariant, what };
    this.trace.note(`VIOLATION of ${invariant}: ${what}`);
  }

  private recordFor({ start, runId }: Commit): RunRecord | undefined {
    const known = this.runs.get(runId);
    if (known || !start) return known;
    const { key, facts } = start;
    const other = key && this.runOfKey.get(key.key);
    if (other !== undefined) this.violated(7, `key ${key?.key} began ${nameOf(other)} and then ${nameOf(runId)}`);
    if (key) this.runOfKey.set(key.key, runId);
    const record = new RunRecord(facts);
    this.runs.set(runId, record);
    if (facts.turn > 0) this.takeTurn(record);
    return record;
  }

  private append(record: RunRecord, commit: Commit, events: readonly RunEvent[], what: string): void {
    const before = record.state;
    if (before.status === 'cancelled' && this.cancelled.has(record.id)) this.violated(8, `${what} after the cancel`);
    if (record.isOver) this.violated(1, `${what} after the end`);
    if (commit.firstSequence !== before.sequence + 1 || commit.eventCount !== events.length) {
      this.violated(3, `${what} after ${before.sequence}`);
    }
    for (const attempt of record.append(commit.eventsJson, this.now())) this.violated(2, `${what}: ${attempt} again`);
    if (before.status === 'pending' && record.state.status !== 'pending') this.beginTurn(record);
    this.checkRow(record, commit, before.status, what);
  }

  private takeTurn(record: RunRecord): void {
    const { id, conversationId, turn } = record.facts;
    const turns = this.conversations.get(conversationId) ?? [];
    this.conversations.set(conversationId, turns);
    if (turns.push(record) !== turn) this.violated(13, `${nameOf(id)} is turn ${turn}, and the ${turns.length}th`);
  }

  /** Earlier turns are over, or wait for a person or a moment. */
  private beginTurn({ facts: { id, conversationId, turn }, state }: RunRecord): void {
    if (turn === 0 || state.status === 'cancelled') return;
    const before = (this.conversations.get(conversationId) ?? []).slice(0, turn - 1);
    const early = before.find(({ isOver, hasRested }) => !isOver && !hasRested);
    if (early) this.violated(13, `${nameOf(id)}, turn ${turn}, begins before ${nameOf(early.id)} is over`);
  }

  /** What is found by its row (runs to recover, paused ones to wake) is found as the history says. */
  private checkRow({ state }: RunRecord, { progress }: Commit, before: string, what: string): void {
    const wakeAt = state.status === 'paused' ? nextWake(state) : undefined;
    const status = progress?.status ?? before;
    if (status !== state.status || progress?.wakeAt !== wakeAt) {
      this.violated(
        3,
        `${what}: the row says ${status} until ${progress?.wakeAt}, not ${state.status} until ${wakeAt}`,
      );
    }
  }

  private wanted({ runId, nodeKey, attempt }: Task, done: string): void {
    if (this.runs.get(runId)?.hasScheduled(nodeKey, attempt)) return;
    this.violated(4, `${nameOf(runId)} ${nodeKey} ${attempt} was ${done}, and is not scheduled`);
  }
}

/** Short enough for a trace: ids differ at their end. */
export function nameOf(runId: string): string {
  return `run ${Number(runId.slice(-6))}`;
}

const isOver = (status: string | undefined) => isTerminal((status ?? 'pending') as Parameters<typeof isTerminal>[0]);

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
}
