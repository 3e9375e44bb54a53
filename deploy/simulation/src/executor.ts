import {
  type Completed,
  heartbeatSubject,
  type Receipt,
  Verdict as ReceiptVerdict,
  type Result,
  type RunningTask,
  resultSubject,
  type Task,
  taskQueue,
  taskQueueKey,
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
  readonly worked: Promise<Worked>;
}

/** What became of a task, and the one that came with its receipt. */
interface Worked {
  readonly verdict: Verdict;
  readonly next?: Task | undefined;
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
  private async take({ message: task, delivery }: Delivery<Task>): Promise<Verdict> {
    const fence = task.fence + delivery - 1;
    const joined = this.running.get(nameOf(task));
    if (joined) joined.fence = Math.max(joined.fence, fence);
    const { verdict, next } = await (joined?.worked ?? this.begin(task, fence));
    if (next && !joined) void this.goOn(next);
    return verdict;
  }

  /** Works on a task that is on no queue, and on those that come after it. */
  private async goOn(task: Task): Promise<void> {
    const { verdict, next } = await this.begin(task, task.fence);
    if (next) return this.goOn(next);
    if (verdict.kind !== 'later') return;
    const again = { ...task, fence: task.fence + 1 };
    // Its owner sends it again when it got lost on the way.
    await this.bus.enqueue(taskQueue('default'), taskQueueKey(task), again).catch(() => undefined);
  }

  private begin(task: Task, fence: number): Promise<Worked> {
    const name = nameOf(task);
    const executionId = this.cluster.nextName('execution');
    const worked = this.work(task, executionId, name).finally(() => this.running.delete(name));
    this.running.set(name, { task, fence, executionId, worked });
    return worked;
  }

  private async work(task: Task, executionId: string, name: string): Promise<Worked> {
    const { dice, checker } = this.cluster;
    checker.begins(task);
    const startedUnixMs = this.host.now();
    await this.host.pause(dice.chance(0.04) ? dice.between(5000, 30_000) : dice.between(1, 1500));
    if (dice.chance(0.03)) return { verdict: { kind: 'later', delayMs: dice.between(0, 2000) } };
    const takesNext = dice.chance(0.6);
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
      takesNext,
    });
    const { next } = await this.deliver(result);
    return { verdict: { kind: 'done' }, next };
  }

  /** Until the owner of the partition, whoever that is by then, has said what became of it. */
  private async deliver(result: () => Result): Promise<Receipt> {
    for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, 2000)) {
      const said = await this.report(result());
      if (said.verdict !== ReceiptVerdict.VERDICT_RETRY) return said;
      await this.host.pause(pauseMs);
    }
  }

  private async report(result: Result): Promise<Receipt> {
    try {
      const receipt = await this.bus.request(resultSubject(result.partition), result, receiptTimeoutMs);
      if (receipt.verdict === ReceiptVerdict.VERDICT_COMMITTED) this.cluster.checker.receipted(result);
      return receipt;
    } catch {
      return { verdict: ReceiptVerdict.VERDICT_RETRY };
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

const nameOf = ({ runId, nodeKey, attempt }: Task) => `${runId} ${nodeKey} ${attempt}`;

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
