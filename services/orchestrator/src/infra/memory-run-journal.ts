import type { RunStatus } from '@treadle/engine';
import type { FoundKey, StartKeys } from '../domain/runs/begin-once.js';
import type { Commit, RunFacts, RunJournal, RunProgress, StoredEntry, StoredRun } from '../domain/runs/run-journal.js';

interface StoredRow {
  readonly facts: RunFacts;
  readonly entries: StoredEntry[];
  progress: RunProgress | undefined;
}

/** A journal in memory, with the refusals of the real one. */
export class MemoryRunJournal implements RunJournal, StartKeys {
  /** The fence of each partition, as in the leases' rows. */
  readonly fences = new Map<number, number>();
  /** Set to make the next appends fail, before or after they are stored. */
  outage: { readonly error: Error; readonly afterWrite: boolean } | undefined;
  private readonly turns = new Set<string>();
  private readonly ended: NonNullable<Commit['ended']>[] = [];
  private readonly rows = new Map<string, StoredRow>();
  private readonly keys = new Map<string, { readonly runId: string; readonly requestHash: string }>();

  async append(commit: Commit): Promise<'written' | 'refused'> {
    await Promise.resolve();
    if (this.outage && !this.outage.afterWrite) throw this.outage.error;
    const verdict = this.write(commit);
    if (this.outage) throw this.outage.error;
    return verdict;
  }

  async load(runIds: readonly string[]): Promise<StoredRun[]> {
    return runIds.flatMap((id) => {
      const row = this.rows.get(id);
      return row ? [{ facts: row.facts, entries: [...row.entries] }] : [];
    });
  }

  async unfinished(partition: number): Promise<string[]> {
    return [...this.rows.values()]
      .filter((row) => row.facts.partition === partition && isUnderWay(row.progress?.status ?? 'pending'))
      .map((row) => row.facts.id);
  }

  async due(partitions: readonly number[], at: number, limit: number): Promise<string[]> {
    return [...this.rows.values()]
      .filter(({ facts, progress }) => partitions.includes(facts.partition) && progress?.status === 'paused')
      .filter(({ progress }) => (progress?.wakeAt ?? Number.POSITIVE_INFINITY) <= at)
      .slice(0, limit)
      .map((row) => row.facts.id);
  }

  async find(tenantId: string, key: string): Promise<FoundKey | undefined> {
    const found = this.keys.get(`${tenantId}/${key}`);
    const finishedAt = found && this.rows.get(found.runId)?.progress?.finishedAt;
    return found && { ...found, ...(finishedAt === undefined ? {} : { finishedAt }) };
  }

  async forget(tenantId: string, key: string, runId: string): Promise<void> {
    const name = `${tenantId}/${key}`;
    if (this.keys.get(name)?.runId === runId) this.keys.delete(name);
  }

  /** A run's row; absent where there is none. */
  row(runId: string): (RunFacts & RunProgress) | undefined {
    const row = this.rows.get(runId);
    return row?.progress && { ...row.facts, ...row.progress };
  }

  /** The rows of a conversation's runs, in the order in which they were accepted. */
  runsOf(conversationId: string): (RunFacts & RunProgress)[] {
    const rows = [...this.rows.values()].filter(
      ({ facts }) => facts.turn > 0 && facts.conversationId === conversationId,
    );
    return rows.flatMap(({ facts, progress }) => (progress ? [{ ...facts, ...progress }] : []));
  }

  /** What the turns of a conversation have left there, in the order in which they ended. */
  endedIn(conversationId: string): NonNullable<Commit['ended']>[] {
    return this.ended.filter(({ facts }) => facts.conversationId === conversationId);
  }

  private write(commit: Commit): 'written' | 'refused' {
    if (this.fences.get(commit.partition) !== commit.fence) return 'refused';
    const key = commit.start?.key && `${commit.start.facts.tenantId}/${commit.start.key.key}`;
    if (key && this.keys.has(key)) return 'refused';
    const { conversationId = '', turn = 0 } = commit.start?.facts ?? {};
    if (turn > 0 && this.turns.has(`${conversationId}/${turn}`)) return 'refused';
    const { firstSequence, at, eventsJson, progress, start } = commit;
    const row = this.rows.get(commit.runId) ?? (start && { facts: start.facts, entries: [], progress: undefined });
    if (!row || row.entries.some((entry) => entry.firstSequence === firstSequence)) return 'refused';
    row.entries.push({ firstSequence, at, eventsJson });
    row.progress = progress ?? row.progress;
    if (commit.ended) this.ended.push(commit.ended);
    this.rows.set(commit.runId, row);
    this.turns.add(`${row.facts.conversationId}/${row.facts.turn}`);
    if (key && start?.key) this.keys.set(key, { runId: commit.runId, requestHash: start.key.requestHash });
    return 'written';
  }
}

function isUnderWay(status: RunStatus): boolean {
  return status === 'pending' || status === 'running';
}
