/** The parts that know no technology, for whoever puts them together around other adapters. */

export { PartitionResponder } from './api/partition.responder.js';
export type { StartKeys } from './domain/begin-once.js';
export { cancelRun } from './domain/cancel-run.js';
export type { ConversationTurns } from './domain/conversation-turns.js';
export { LiveRuns, type LiveRunsOptions, type RunEffects } from './domain/live-runs.js';
export { OneByOne } from './domain/one-by-one.js';
export type { OwnedPartitions, PartitionLeases } from './domain/partition-leases.js';
export { PartitionOwner } from './domain/partition-owner.js';
export type { PlanId } from './domain/plan-source.js';
export type { FindRun } from './domain/run.repository.js';
export { partitionCount } from './domain/run-id.js';
export { type Commit, type RunFacts, type RunJournal, type StoredRun } from './domain/run-journal.js';
export { RunTimers } from './domain/run-timers.js';
export { type StartRunPorts, startRun } from './domain/start-run.js';
export { isPassing, TaskDispatcher } from './domain/task-dispatcher.js';
export { TurnQueue } from './domain/turn-queue.js';
export { GroupCommit } from './infra/group-commit.js';
export { MemoryConversationTurns } from './infra/memory-conversation-turns.js';
export { MemoryPartitionLeases } from './infra/memory-partition-leases.js';
export { MemoryRunJournal } from './infra/memory-run-journal.js';
