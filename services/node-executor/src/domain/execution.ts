import { randomUUID } from 'node:crypto';
import type { Delta, RunningTask, Task } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { TextStream } from './text-stream.js';

/** Names the work, whoever does it: every execution of the same attempt has the same key. */
export const taskKey = (task: Task): string => `${task.runId}/${task.nodeKey}/${task.attempt}`;

/** One execution of a task in this process, from its beginning until its result is committed. */
export class Execution {
  readonly executionId = randomUUID();
  readonly startedUnixMs = Date.now();
  readonly text: TextStream;
  readonly #work = new AbortController();
  readonly #handBack = new AbortController();
  #fence: number;

  constructor(
    readonly task: Task,
    fence: number,
    publish: (delta: Delta) => void,
  ) {
    this.#fence = fence;
    this.text = new TextStream((offset, text) => publish(this.delta(offset, text)));
  }

  /** The highest number under which this process was given the task. */
  get fence(): number {
    return this.#fence;
  }

  /** Fires when the node is to stop: its time is over or its task is handed back. */
  get signal(): AbortSignal {
    return this.#work.signal;
  }

  /** Fires when somebody else is to do the task. */
  get handedBack(): AbortSignal {
    return this.#handBack.signal;
  }

  raiseFence(fence: number): void {
    this.#fence = Math.max(this.#fence, fence);
  }

  giveUp(reason: FailureError): void {
    this.#work.abort(reason);
  }

  handBack(): void {
    const reason = FailureError.of('unavailable', 'The executor is stopping; another one takes the task.');
    this.#handBack.abort(reason);
    this.#work.abort(reason);
  }

  delta(offset: number, text: string): Delta {
    const { runId, nodeKey, attempt } = this.task;
    return { runId, nodeKey, attempt, executionId: this.executionId, offset, text };
  }

  asRunningTask(): RunningTask {
    const { runId, nodeKey, attempt } = this.task;
    return { runId, nodeKey, attempt, fence: this.#fence, executionId: this.executionId };
  }
}
