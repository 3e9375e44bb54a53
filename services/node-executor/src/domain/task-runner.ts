import { type Delta, type Result, type RunningTask, runDeltasSubject, type Task } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { toFailureMessage } from '@treadle/grpc';
import type { Delivery, MessageBus, Verdict } from '@treadle/messaging';
import { parseTraceparent, withContext } from '@treadle/telemetry';
import { deliverResult } from './deliver-result.js';
import { type ExecuteTaskDependencies, executeTask, type Outcome } from './execute-task.js';
import { Execution, taskKey } from './execution.js';

interface Running {
  readonly execution: Execution;
  readonly verdict: Promise<Verdict>;
}

/** Runs the tasks this process holds and remembers them until their results are committed. */
export class TaskRunner {
  readonly #running = new Map<string, Running>();
  #stopping = false;

  constructor(
    private readonly bus: MessageBus,
    private readonly dependencies: ExecuteTaskDependencies,
  ) {}

  /**
   * Runs a task and delivers its result. A task that is delivered again while it runs here joins the running execution under
   * the newer fence, so that nothing is done and paid for twice.
   */
  run({ message: task, delivery }: Delivery<Task>): Promise<Verdict> {
    if (this.#stopping) return Promise.resolve({ kind: 'later', delayMs: 0 });
    const fence = task.fence + delivery - 1;
    const running = this.#running.get(taskKey(task));
    if (running === undefined) return this.#begin(task, fence);
    running.execution.raiseFence(fence);
    return running.verdict;
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

  /** Stops every execution and hands its task back. */
  handBack(): void {
    this.#stopping = true;
    for (const { execution } of this.#running.values()) execution.handBack();
  }

  #begin(task: Task, fence: number): Promise<Verdict> {
    const deltas = runDeltasSubject(task.runId);
    const execution = new Execution(task, fence, (delta) => this.bus.publish(deltas, delta));
    const key = taskKey(task);
    const context = { runId: task.runId, traceId: parseTraceparent(task.traceparent)?.traceId };
    const verdict = withContext(context, () => this.#work(execution)).finally(() => this.#running.delete(key));
    this.#running.set(key, { execution, verdict });
    return verdict;
  }

  async #work(execution: Execution): Promise<Verdict> {
    const outcome = await executeTask(execution, this.dependencies);
    const finishedUnixMs = Date.now();
    const delivered = await this.#deliver(execution, outcome, finishedUnixMs);
    return delivered ? { kind: 'done' } : { kind: 'later', delayMs: 0 };
  }

  async #deliver(execution: Execution, outcome: Outcome, finishedUnixMs: number): Promise<boolean> {
    const result = (what: Outcome) => () => toResult(execution, what, finishedUnixMs);
    try {
      return await deliverResult(this.bus, result(outcome), execution.handedBack);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      const tooLarge: Outcome = { $case: 'failed', value: toFailureMessage(error.failure) };
      return deliverResult(this.bus, result(tooLarge), execution.handedBack);
    }
  }
}

function toResult(execution: Execution, outcome: Outcome, finishedUnixMs: number): Result {
  const { runId, nodeKey, attempt, partition } = execution.task;
  const { fence, executionId, startedUnixMs } = execution;
  return { runId, nodeKey, attempt, fence, partition, executionId, outcome, startedUnixMs, finishedUnixMs };
}
