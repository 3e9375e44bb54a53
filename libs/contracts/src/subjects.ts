import { Delta, TextSoFarRequest, TextSoFarResponse } from './gen/treadle/execution/v1/delta.js';
import { JournalEntry } from './gen/treadle/execution/v1/event.js';
import { Heartbeat, Receipt, Result, RunEnded } from './gen/treadle/execution/v1/result.js';
import { Task } from './gen/treadle/execution/v1/task.js';
import { BudgetAlert } from './gen/treadle/model/v1/model_admin_service.js';
import { GiveAnswerRequest, GiveAnswerResponse } from './gen/treadle/orchestrator/v1/approval_service.js';
import { StartTurnAnswer } from './gen/treadle/orchestrator/v1/conversation_service.js';
import { ReplicasChanged } from './gen/treadle/orchestrator/v1/replicas_changed.js';
import { ContinueTurnRequest } from './gen/treadle/orchestrator/v1/run_continuation_service.js';
import { CancelRunRequest, CancelRunResponse, StartRunRequest } from './gen/treadle/orchestrator/v1/run_service.js';
import { WorkflowChanged } from './gen/treadle/orchestrator/v1/workflow_changed.js';
import { IndexTask } from './gen/treadle/retrieval/v1/index_task.js';

/** How a message becomes bytes and back. Generated messages have both. */
export interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/** A place where messages of one type are announced to whoever listens now. */
export interface Subject<T> {
  readonly name: string;
  readonly codec: Codec<T>;
}

/** A place where a question gets an answer. */
export interface RequestSubject<Q, A> {
  readonly name: string;
  readonly question: Codec<Q>;
  readonly answer: Codec<A>;
}

/** Messages that wait for a worker; each is held until it is acknowledged. */
export interface Queue<T> {
  /** The stream that holds it and the pool that works on it, for example `TASKS` and `default`. */
  readonly stream: string;
  readonly pool: string;
  /** Every message of the queue has a subject below this one. */
  readonly prefix: string;
  readonly codec: Codec<T>;
}

/** The queues of all pools of executors. */
export const taskQueues: Pick<Queue<Task>, 'stream' | 'prefix'> = { stream: 'TASKS', prefix: 'tasks.v1' };

/** Tasks for the executors of a pool. A task's own subject is `tasks.v1.<pool>.<run>.<node key>.<attempt>`. */
export const taskQueue = (pool: string): Queue<Task> => ({
  stream: taskQueues.stream,
  pool,
  prefix: `${taskQueues.prefix}.${pool}`,
  codec: Task,
});

/** Names a task on its queue, which holds it once. */
export const taskQueueKey = ({ runId, nodeKey, attempt }: Pick<Task, 'runId' | 'nodeKey' | 'attempt'>): string =>
  `${runId}.${nodeKey}.${attempt}`;

/** Results go to whoever owns the run's partition; the receipt comes after the commit. */
export const resultSubject = (partition: number): RequestSubject<Result, Receipt> => ({
  name: `results.v1.${partition}`,
  question: Result,
  answer: Receipt,
});

/** A cancel that another replica was asked for; the partition's owner answers. */
export const cancelRunSubject = (partition: number): RequestSubject<CancelRunRequest, CancelRunResponse> => ({
  name: `cancels.v1.${partition}`,
  question: CancelRunRequest,
  answer: CancelRunResponse,
});

/** A person's answer that another replica was given; the partition's owner takes it. */
export const giveAnswerSubject = (partition: number): RequestSubject<GiveAnswerRequest, GiveAnswerResponse> => ({
  name: `answers.v1.${partition}`,
  question: GiveAnswerRequest,
  answer: GiveAnswerResponse,
});

/** A start in a conversation that belongs to another replica; the partition's owner answers once it is committed. */
export const startTurnSubject = (partition: number): RequestSubject<StartRunRequest, StartTurnAnswer> => ({
  name: `starts.v1.${partition}`,
  question: StartRunRequest,
  answer: StartTurnAnswer,
});

/** A resume or rerun in a conversation that belongs to another replica; the partition's owner answers once it is committed. */
export const continueTurnSubject = (partition: number): RequestSubject<ContinueTurnRequest, StartTurnAnswer> => ({
  name: `continues.v1.${partition}`,
  question: ContinueTurnRequest,
  answer: StartTurnAnswer,
});

export const workflowChangedSubject: Subject<WorkflowChanged> = {
  name: 'workflows.v1.changed',
  codec: WorkflowChanged,
};

/** Heard by every orchestrator: partitions may be had, or have to be given up. */
export const replicasChangedSubject: Subject<ReplicasChanged> = { name: 'replicas.v1', codec: ReplicasChanged };

/** Heard by every orchestrator; each takes what it owns. */
export const heartbeatSubject: Subject<Heartbeat> = { name: 'heartbeats.v1', codec: Heartbeat };

/** Heard by every executor: a run has failed or was cancelled. */
export const runEndedSubject: Subject<RunEnded> = { name: 'ends.v1', codec: RunEnded };

export const runEventsSubject = (runId: string): Subject<JournalEntry> => ({
  name: `runs.v1.${runId}.events`,
  codec: JournalEntry,
});

export const runDeltasSubject = (runId: string): Subject<Delta> => ({
  name: `runs.v1.${runId}.deltas`,
  codec: Delta,
});

/** Asked by a gateway that joins late; every executor hears it. */
export const textSoFarSubject: RequestSubject<TextSoFarRequest, TextSoFarResponse> = {
  name: 'texts.v1',
  question: TextSoFarRequest,
  answer: TextSoFarResponse,
};

/** A budget of the tenant passed a threshold. */
export const budgetAlertsSubject = (tenantId: string): Subject<BudgetAlert> => ({
  name: `budgets.v1.${tenantId}`,
  codec: BudgetAlert,
});

/** Documents that wait for an indexer. A task's own subject is `indexing.v1.indexers.<index>.<document>`. */
export const indexingQueue: Queue<IndexTask> = {
  stream: 'INDEXING',
  pool: 'indexers',
  prefix: 'indexing.v1.indexers',
  codec: IndexTask,
};
