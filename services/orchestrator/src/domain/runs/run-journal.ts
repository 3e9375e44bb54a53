import type { RunEvent, RunOrigin, RunStatus } from '@treadle/engine';
import type { Failure } from '@treadle/failure';
import type { Json, JsonObject } from '@treadle/workflow';
import type { ApprovalChanges } from '../approvals/approval-changes.js';

/** What identifies a run and does not change while it runs. */
export interface RunFacts {
  readonly id: string;
  readonly tenantId: string;
  readonly workflowId: string;
  readonly version: number;
  readonly partition: number;
  readonly createdAt: number;
  /** Empty for a run outside of conversations. */
  readonly conversationId: string;
  /** Its place among the runs of its conversation, from 1; 0 outside of one, and where it continues a run of one that is there no more. */
  readonly turn: number;
  readonly user: string;
  /** W3C trace context; empty when the run is not traced. */
  readonly traceparent: string;
  /** The run that this one continues; absent where it continues none. */
  readonly origin?: Pick<RunOrigin, 'run' | 'kind'>;
}

/** A caller's name for a start, so that a repeated one finds the first run. */
export interface StartKey {
  readonly key: string;
  readonly requestHash: string;
}

/** What is stored with a run's first decision, beside the run. */
export interface NewRun {
  readonly key?: StartKey;
  readonly turn?: BegunTurn;
}

/** What a turn that is accepted changes in its conversation. */
export interface BegunTurn {
  /** Given with the turn that opens the conversation. Without `keepSeconds` it is kept until somebody deletes it. */
  readonly opens?: { readonly name: string; readonly keepSeconds?: number };
}

/** What a turn that is over leaves in its conversation, unless that was deleted meanwhile. */
export interface EndedTurn {
  readonly status: RunStatus;
  readonly query: string;
  /** Empty unless completed, and where it travels by reference. */
  readonly answer: string;
  /** What it was given. */
  readonly inputs: JsonObject;
  readonly files: Json;
  /** Why it failed; empty otherwise. */
  readonly error: string;
  /** New values of the conversation's variables; the others stay. */
  readonly assigned: JsonObject;
}

/** The columns of a run's row that its events change. */
export interface RunProgress {
  readonly status: RunStatus;
  /** Milliseconds since the epoch; absent while the run is not over. */
  readonly finishedAt?: number;
  readonly failure?: Failure;
  /** When a paused run wants to be woken, in milliseconds since the epoch; absent while it runs, and where only a person can move it. */
  readonly wakeAt?: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** One decision to be stored: its events, and what they change in the run's row. */
export interface Commit {
  readonly runId: string;
  readonly partition: number;
  /** The fence under which this replica owns the partition. */
  readonly fence: number;
  /** Number of the first event. */
  readonly firstSequence: number;
  readonly eventCount: number;
  readonly at: number;
  readonly eventsJson: string;
  /** The run's row, with its first decision. `turn` is there for runs in a conversation. */
  readonly start?: { readonly facts: RunFacts } & NewRun;
  /** With the decision that ends a run in a conversation. */
  readonly ended?: { readonly facts: RunFacts; readonly turn: EndedTurn };
  /** Absent when nothing of the row changes; always there with `start`. */
  readonly progress?: RunProgress;
  /** What becomes of the run's approvals; absent when nothing does. */
  readonly approvals?: ApprovalChanges;
}

export interface StoredEntry {
  readonly firstSequence: number;
  readonly at: number;
  readonly eventsJson: string;
}

export interface StoredRun {
  readonly facts: RunFacts;
  readonly entries: readonly StoredEntry[];
}

/** The append-only history of runs. It alone rebuilds their state. */
export interface RunJournal {
  /**
   * Stores a decision, all of it or nothing. `refused`: the partition is not ours under that fence, somebody wrote that event
   * number before, or the start key or the turn is taken. Rejects with `unavailable` when the outcome is not known: read the journal then.
   */
  append(commit: Commit): Promise<'written' | 'refused'>;
  /** Runs with their whole history; what does not exist is left out. */
  load(runIds: readonly string[]): Promise<StoredRun[]>;
  /** Ids of the runs of a partition that are under way, oldest first. Paused ones rest until something reaches them. */
  unfinished(partition: number): Promise<string[]>;
  /** Ids of paused runs of these partitions whose moment has come, the longest overdue first. */
  due(partitions: readonly number[], at: number, limit: number): Promise<string[]>;
}

export function eventsOf(entries: readonly StoredEntry[]): RunEvent[] {
  return entries.flatMap((entry) => JSON.parse(entry.eventsJson) as RunEvent[]);
}
