import type { MessageBus } from '@treadle/messaging';
import type {
  ConversationTurns,
  LiveRuns,
  LiveRunsOptions,
  MemoryRunJournal,
  PartitionLeases,
  RunJournal,
  RunTimers,
  StartKeys,
} from '@treadle/orchestrator/parts';

/** The loops of a replica. */
export type Timers = Pick<RunTimers, 'wakeDue' | 'reconcile'>;

/** Where a planted bug may take hold: each is given the honest part, and gives what is used in its place. */
export interface Tampering {
  /** The database's own tables. */
  readonly tables?: (honest: MemoryRunJournal) => RunJournal;
  readonly conversations?: (honest: ConversationTurns) => ConversationTurns;
  readonly leases?: (honest: PartitionLeases, fences: Map<number, number>) => PartitionLeases;
  /** The rest is what one replica works with. */
  readonly journal?: (honest: RunJournal) => RunJournal;
  readonly keys?: (honest: StartKeys) => StartKeys;
  readonly bus?: (honest: MessageBus, runs: () => LiveRuns) => MessageBus;
  readonly liveRuns?: (options: LiveRunsOptions) => LiveRuns;
  readonly timers?: (honest: Timers, runs: LiveRuns) => Timers;
}
