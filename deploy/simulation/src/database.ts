import {
  type Commit,
  type ConversationTurns,
  MemoryConversationTurns,
  MemoryPartitionLeases,
  MemoryRunJournal,
  type OwnedPartitions,
  type PartitionLeases,
  type RunJournal,
  type StartKeys,
  type StoredRun,
} from '@treadle/orchestrator/parts';
import type { Host } from './host.js';
import type { Tampering } from './tampering.js';

/** Sees everything that the database does, in the order in which it does it. */
export interface DatabaseWitness {
  appended(host: Host, commit: Commit, verdict: 'written' | 'refused'): void;
  loaded(runs: readonly StoredRun[]): void;
  granted(host: Host, partitions: OwnedPartitions): void;
}

/** The one database: what it has said yes to is there for good. */
export class Database {
  readonly tables = new MemoryRunJournal();
  readonly journal: RunJournal;
  readonly keys: StartKeys = this.tables;
  readonly conversations: ConversationTurns;
  readonly leases: PartitionLeases;
  /** Until then it can not be reached, in milliseconds since the epoch. */
  awayUntil = 0;

  constructor(
    now: () => number,
    private readonly witness: DatabaseWitness,
    tampering: Tampering,
  ) {
    const leases = new MemoryPartitionLeases(now, this.tables.fences);
    const conversations = new MemoryConversationTurns(this.tables);
    this.conversations = tampering.conversations?.(conversations) ?? conversations;
    this.journal = tampering.tables?.(this.tables) ?? this.tables;
    this.leases = tampering.leases?.(leases, this.tables.fences) ?? leases;
  }

  /** One transaction; says of each commit whether it was written. */
  async write(host: Host, commits: readonly Commit[]): Promise<boolean[]> {
    const written: boolean[] = [];
    for (const commit of commits) {
      const verdict = await this.journal.append(commit);
      this.witness.appended(host, commit, verdict);
      written.push(verdict === 'written');
    }
    return written;
  }

  async load(runIds: readonly string[]): Promise<StoredRun[]> {
    const runs = await this.journal.load(runIds);
    this.witness.loaded(runs);
    return runs;
  }

  async acquire(host: Host, count: number, leaseMs: number, force: boolean): Promise<OwnedPartitions> {
    const taken = await this.leases.acquire(host.name, count, leaseMs, force);
    this.witness.granted(host, taken);
    return taken;
  }
}
