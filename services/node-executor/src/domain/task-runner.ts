import {
  type Delta,
  type Receipt,
  type Result,
  type RunningTask,
  runDeltasSubject,
  type Task,
  taskQueue,
  taskQueueKey,
} from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { toFailureMessage } from '@treadle/grpc';
import type { Delivery, MessageBus, Verdict } from '@treadle/messaging';
import { parseTraceparent, withContext } from '@treadle/telemetry';
import { LRUCache } from 'lru-cache';
import { deliverResult } from './deliver-result.js';
import { type ExecuteTaskDependencies, executeTask, type Outcome } from './execute-task.js';
import { Execution, taskKey } from './execution.js';

/** What became of one task, and the task that came with its receipt. */
interface Worked {
  readonly verdict: Exclude<Verdict, { readonly kind: 'never' }>;
  readonly next?: Task | undefined;
}

interface Running {
  readonly execution: Execution;
  readonly worked: Promise<Worked>;
}

/** An execution that is over here, whatever became of it. */
export interface EndedExecution {
  readonly nodeType: string;
  /** `away`: a service of the platform was; the task goes back to its queue, as do those handed back. `stopped`: its run has ended. */
  readonly outcome: 'completed' | 'failed' | 'timeout' | 'away' | 'handed_back' | 'stopped';
  readonly seconds: number;
}

export interface TaskRunnerDependencies extends ExecuteTaskDependencies {
  /** Told of each execution, for who counts. */
  readonly observe?: (ended: EndedExecution) => void;
}

/** Most tasks one after the other in a place; then what waits in the queue has its turn. */
const mostInARow = 32;

/** Runs that ended before their tasks did are remembered: some of these may be on their way. A forgotten one costs work whose result is refused. */
const mostEnded = 10_000;

/** A task whose services are away waits this long before it is tried again, doubled each time up to the ceiling. */
const firstAwayPauseMs = 250;
const longestAwayPauseMs = 5000;

/** Runs the tasks this process holds and remembers them until their results are committed. */
export class TaskRunner {
  readonly #running = new Map<string, Running>();
  readonly #ended = new LRUCache<string, true>({ max: mostEnded });
  #draining = false;
  #stopping = false;

  constructor(
    private readonly bus: MessageBus,
    private readonly dependencies: TaskRunnerDependencies,
  ) {}

  /**
   * Runs a task and delivers its result; then, in its place, what came with the receipt. A task that is delivered again while it runs here
   * joins the running execution under the newer fence, so that nothing is done and paid for twice.
   */
  async run({ message: task, delivery }: Delivery<Task>): Promise<Verdict> {
    if (this.#stopping) return { kind: 'later', delayMs: 0 };
    if (this.#ended.has(task.runId)) return { kind: 'done' };
    const fence = task.fence + delivery - 1;
    const running = this.#running.get(taskKey(task));
    if (running !== undefined) {
      running.execution.raiseFence(fence);
      return (await running.worked).verdict;
    }
    const { verdict, next } = await this.#begin(task, fence, delivery, 1);
    return next ? { kind: 'done', rest: this.#goOnSafely(next) } : verdict;
  }

  /** Tasks that are worked on, or whose results are not committed yet. */
  get size(): number {
    return this.#running.size;
  }

  /** What has been running for longer than this. */
  runningLongerThan(milliseconds: number): RunningTask[] {
    const before = Date.now() - milliseconds;
    const all = [...this.#running.values()].map(({ execution }) => execution);
    return all.filter(({ startedUnixMs }) => startedUnixMs <= before).map((execution) => execution.asRunningTask());
  }

  /** The texts of a run's tasks so far, each from its beginning. */
  textsOf(runId: string): Delta[] {
    const executions = [...this.#running.values()].map(({ execution }) => execution);
    return executions
      .filter(({ task, text }) => task.runId === runId && text.soFar !== '')
      .map((execution) => execution.delta(0, execution.text.soFar));
  }

  /** Stops what is done for a run that has failed or was cancelled, and begins none of its tasks any more. */
  runEnded(runId: string): void {
    this.#ended.set(runId, true);
    for (const { execution } of this.#running.values())
      if (execution.task.runId === runId) execution.giveUp(overTask());
  }

  /** From now on tasks come from the queue alone. */
  drain(): void {
    this.#draining = true;
  }

  /** Stops every execution and hands its task back. */
  handBack(): void {
    this.#stopping = true;
    for (const { execution } of this.#running.values()) execution.handBack();
  }

  async #goOnSafely(first: Task): Promise<void> {
    try {
      await this.#goOn(first);
    } catch (error) {
      this.dependencies.log.warn(
        { err: error },
        'A task that came with a receipt was dropped; its owner sends it again.',
      );
    }
  }

  /** Works on a task that is on no queue, and on those that come after it. What is not done here goes to the others by the queue. */
  async #goOn(first: Task): Promise<void> {
    let next: Task | undefined = first;
    for (let inARow = 2; next; inARow++) {
      const task: Task = next;
      const worked = await this.#begin(task, task.fence, 1, inARow);
      next = worked.next;
      // The newer fence lets theirs be the result that counts.
      if (worked.verdict.kind === 'later')
        await this.bus.enqueue(taskQueue(task.pool), taskQueueKey(task), { ...task, fence: task.fence + 1 });
    }
  }

  #begin(task: Task, fence: number, delivery: number, inARow: number): Promise<Worked> {
    const deltas = runDeltasSubject(task.runId);
    const execution = new Execution(task, fence, (delta) => this.bus.publish(deltas, delta));
    const key = taskKey(task);
    const context = { runId: task.runId, traceId: parseTraceparent(task.traceparent)?.traceId };
    const worked = withContext(context, () => this.#work(execution, delivery, inARow)).finally(() =>
      this.#running.delete(key),
    );
    this.#running.set(key, { execution, worked });
    return worked;
  }

  async #work(execution: Execution, delivery: number, inARow: number): Promise<Worked> {
    const startedAt = performance.now();
    const outcome = await executeTask(execution, this.dependencies);
    const seconds = (performance.now() - startedAt) / 1000;
    const { nodeType, runId } = execution.task;
    const hasEnded = this.#ended.has(runId);
    this.dependencies.observe?.({ nodeType, outcome: hasEnded ? 'stopped' : endOf(execution, outcome), seconds });
    // Nobody takes its result.
    if (hasEnded) return { verdict: { kind: 'done' } };
    if (isServiceAway(outcome) && !execution.handedBack.aborted)
      return { verdict: { kind: 'later', delayMs: pauseMs(delivery) } };
    const finishedUnixMs = Date.now();
    const takesNext = () => inARow < mostInARow && !this.#draining && !this.#stopping;
    const result = (what: Outcome) => () => toResult(execution, what, finishedUnixMs, takesNext());
    const receipt = await this.#deliver(execution, outcome, result);
    return receipt ? { verdict: { kind: 'done' }, next: receipt.next } : { verdict: { kind: 'later', delayMs: 0 } };
  }

  async #deliver(
    execution: Execution,
    outcome: Outcome,
    result: (what: Outcome) => () => Result,
  ): Promise<Receipt | undefined> {
    try {
      return await deliverResult(this.bus, result(outcome), execution.handedBack);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      const tooLarge: Outcome = { $case: 'failed', value: toFailureMessage(error.failure) };
      return deliverResult(this.bus, result(tooLarge), execution.handedBack);
    }
  }
}

/**
 * A service of the platform could not be reached. That says nothing about the node and must not cost it an attempt: the task goes
 * back to the queue, until its deadline if need be. Trouble of a provider or of an address has codes of its own.
 */
function isServiceAway(outcome: Outcome): boolean {
  return outcome.$case === 'failed' && outcome.value.code === 'unavailable';
}

function endOf({ handedBack }: Execution, outcome: Outcome): EndedExecution['outcome'] {
  if (outcome.$case === 'completed') return 'completed';
  if (handedBack.aborted) return 'handed_back';
  if (isServiceAway(outcome)) return 'away';
  return outcome.value.code === 'node_timeout' ? 'timeout' : 'failed';
}

function overTask(): FailureError {
  return FailureError.of('cancelled', 'The run has ended; nothing is done for it any more.');
}

function pauseMs(delivery: number): number {
  return Math.min(longestAwayPauseMs, firstAwayPauseMs * 2 ** Math.min(delivery - 1, 10));
}

function toResult(execution: Execution, outcome: Outcome, finishedUnixMs: number, takesNext: boolean): Result {
  const { runId, nodeKey, attempt, partition } = execution.task;
  const { fence, executionId, startedUnixMs } = execution;
  const what = { runId, nodeKey, attempt, fence, partition, executionId };
  return { ...what, outcome, startedUnixMs, finishedUnixMs, takesNext };
}
