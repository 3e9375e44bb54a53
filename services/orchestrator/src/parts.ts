/** The parts that know no technology, for whoever puts them together around other adapters. */

export { PartitionResponder } from './api/partition.responder.js';
export type { ConversationTurns } from './domain/conversations/conversation-turns.js';
export { OneByOne } from './domain/conversations/one-by-one.js';
export { TurnQueue } from './domain/conversations/turn-queue.js';
export type { OwnedPartitions, PartitionLeases } from './domain/partitions/partition-leases.js';
export { PartitionOwner } from './domain/partitions/partition-owner.js';
export type { StartKeys } from './domain/runs/begin-once.js';
export { cancelRun } from './domain/runs/cancel-run.js';
export { LiveRuns, type LiveRunsOptions, type RunEffects } from './domain/runs/live-runs.js';
export type { PlanId } from './domain/runs/plan-source.js';
export type { FindRun } from './domain/runs/run.repository.js';
export { partitionCount } from './domain/runs/run-id.js';
export { type Commit, type RunFacts, type RunJournal, type StoredRun } from './domain/runs/run-journal.js';
export { RunTimers } from './domain/runs/run-timers.js';
export { type StartRunPorts, startRun } from './domain/runs/start-run.js';
export { isPassing, TaskDispatcher } from './domain/runs/task-dispatcher.js';
export { GroupCommit } from './infra/group-commit.js';
export { MemoryConversationTurns } from './infra/memory-conversation-turns.js';
export { MemoryPartitionLeases } from './infra/memory-partition-leases.js';
export { MemoryRunJournal } from './infra/memory-run-journal.js';
