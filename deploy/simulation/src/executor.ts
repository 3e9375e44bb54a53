import {
  type Completed,
  heartbeatSubject,
  Verdict as ReceiptVerdict,
  type Result,
  type RunningTask,
  resultSubject,
  type Task,
  taskQueue,
} from '@treadle/contracts';
import { splitKey } from '@treadle/engine';
import { failure } from '@treadle/failure';
import { toFailureMessage } from '@treadle/grpc';
import type { Delivery, MessageBus, Verdict } from '@treadle/messaging';
import type { Json, JsonObject } from '@treadle/workflow';
import type { Cluster } from './cluster.js';
import type { Host } from './host.js';
import { SimulatedBus } from './simulated-bus.js';

const options = { concurrency: 6, leaseMs: 15_000 };
const heartbeatMs = 5000;
const receiptTimeoutMs = 5000;

interface Running {
  fence: number;
  readonly executionId: string;
  readonly verdict: Promise<Verdict>;
}

/** Takes tasks, works on them for a while and reports what the drawn world says comes of them, until it gets a receipt. */
export class Executor {
  private readonly bus: MessageBus;
  private readonly running = new Map<string, Running & { readonly task: Task }>();

  constructor(
    private readonly host: Host,
    private readonly cluster: Cluster,
  ) {
    this.bus = new SimulatedBus(cluster.network, host, cluster.checker);
  }

  start(): void {
    void this.bus.consume(taskQueue('default'), options, (delivery) => this.take(delivery));
    this.host.every(
      heartbeatMs,
      () => this.beat(),
      (error) => this.cluster.checker.unexpected(this.host.name, error),
    );
  }

  /** A task that comes again while it is worked on joins that work, under the newer fence. */
  private take({ message: task, delivery }: Delivery<Task>): Promise<Verdict> {
    const name = `${task.runId} ${task.nodeKey} ${task.attempt}`;
    const fence = task.fence + delivery - 1;
    const joined = this.running.get(name);
    if (joined) {
      joined.fence = Math.max(joined.fence, fence);
      return joined.verdict;
    }
    const executionId = this.cluster.nextName('execution');
    const verdict = this.work(task, executionId, name).finally(() => this.running.delete(name));
    this.running.set(name, { task, fence, executionId, verdict });
    return verdict;
  }

  private async work(task: Task, executionId: string, name: string): Promise<Verdict> {
    const { dice, checker } = this.cluster;
    checker.begins(task);
    const startedUnixMs = this.host.now();
    await this.host.pause(dice.chance(0.04) ? dice.between(5000, 30_000) : dice.between(1, 1500));
    if (dice.chance(0.03)) return { kind: 'later', delayMs: dice.between(0, 2000) };
    const result = (): Result => ({
      runId: task.runId,
      nodeKey: task.nodeKey,
      attempt: task.attempt,
      partition: task.partition,
      fence: this.running.get(name)?.fence ?? task.fence,
      executionId,
      outcome: this.outcomeOf(task),
      startedUnixMs,
      finishedUnixMs: this.host.now(),
    });
    await this.deliver(result);
    return { kind: 'done' };
  }

  /** Until the owner of the partition, whoever that is by then, has said what became of it. */
  private async deliver(result: () => Result): Promise<void> {
    for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, 2000)) {
      const said = await this.report(result());
      if (said === ReceiptVerdict.VERDICT_COMMITTED || said === ReceiptVerdict.VERDICT_REFUSED) return;
      await this.host.pause(pauseMs);
    }
  }

  private async report(result: Result): Promise<ReceiptVerdict> {
    try {
      const { verdict } = await this.bus.request(resultSubject(result.partition), result, receiptTimeoutMs);
      if (verdict === ReceiptVerdict.VERDICT_COMMITTED) this.cluster.checker.receipted(result);
      return verdict;
    } catch {
      return ReceiptVerdict.VERDICT_RETRY;
    }
  }

  private outcomeOf(task: Task): NonNullable<Result['outcome']> {
    const { world, lists } = this.cluster.workflow(task.workflowId);
    const givesList = lists.has(splitKey(task.nodeKey).id);
    const answer = world.work(task.nodeKey, task.attempt, valuesOf(task), givesList);
    if (answer !== 'gone' && answer !== 'away') return { $case: 'completed', value: completed({ value: answer }) };
    const failed = failure('provider_unavailable', answer, { retryable: answer === 'away' });
    return { $case: 'failed', value: toFailureMessage(failed) };
  }

  private beat(): void {
    const tasks = [...this.running.values()].map(
      ({ task: { runId, nodeKey, attempt }, fence, executionId }): RunningTask => {
        return { runId, nodeKey, attempt, fence, executionId };
      },
    );
    if (tasks.length > 0) this.bus.publish(heartbeatSubject, { executorId: this.host.name, tasks });
  }
}

/** What the node read, in the order in which its configuration names it. */
function valuesOf({ configJson, valuesJson }: Task): (Json | undefined)[] {
  const { reads } = JSON.parse(configJson) as { reads: string[][] };
  const values = JSON.parse(valuesJson) as JsonObject;
  return reads.map((selector) => values[selector.join('.')]);
}

const completed = (outputs: JsonObject): Completed => ({
  outputsJson: JSON.stringify(outputs),
  handle: '',
  usage: undefined,
  warnings: [],
  assignsJson: '',
});
