import { type Task, taskQueue, taskQueueKey } from '@treadle/contracts';
import { type Command, planNodeAt, readFrom } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { MessageBus } from '@treadle/messaging';
import { type Catalog, inlineBytes, type Json, type NodeType, type PlanNode, selectorText } from '@treadle/workflow';
import { historyFor } from '../conversations/conversation-history.js';
import type { ConversationTurns } from '../conversations/conversation-turns.js';
import type { LiveRun } from './live-run.js';
import type { Offer } from './offer.js';
import type { LargeValues } from './put-away-values.js';
import { poolFor, type TypePools } from './type-pools.js';

/** A queue adds one to the fence for each redelivery, so the fences handed out here are this far apart. */
const fenceStep = 1000;
/** How many fences fit under one owner of a partition before the next owner's begin. */
const fencesPerOwner = 1_000_000;

/** More than this is not sent along with a task: a message is limited to 1 MiB. */
const maxValuesBytes = 3 * inlineBytes;

const noTypePools: TypePools = new Map();

export interface TaskDispatcherOptions {
  readonly bus: MessageBus;
  /** Where the earlier turns are that some nodes are shown. */
  readonly conversations: Pick<ConversationTurns, 'history'>;
  readonly catalog: Catalog;
  /** Absent sends values of every size along. */
  readonly values?: LargeValues;
  /** Absent leaves every node to the pool that it names. */
  readonly typePools?: TypePools;
  readonly now: () => number;
  /** The fence under which a partition is owned now. */
  readonly fenceOf: (partition: number) => number | undefined;
  readonly onError: (run: LiveRun, error: unknown) => void;
}

/** Puts tasks on their queues. Doing so again is safe: a queue does not take what it still holds. */
export class TaskDispatcher {
  private dispatched = 0;

  constructor(private readonly options: TaskDispatcherOptions) {}

  /**
   * Does the commands that are tasks. The moments of the others are kept by the timers. A task that may be repeated goes to an executor that offers to
   * do it, without the queue, which costs more than the step itself; one with effects is held by the queue, so that a new owner does not send it twice.
   */
  dispatch(run: LiveRun, commands: readonly Command[], offers: readonly Offer[]): void {
    for (const command of commands) {
      if (command.type === 'run-task' && !this.handOn(run, command, offers)) this.send(run, command);
    }
  }

  /** Sends again what nobody has been heard to work on since `heardBefore` (milliseconds since the epoch). */
  resend(run: LiveRun, heardBefore: number): void {
    for (const command of run.outstanding()) {
      if (command.type !== 'run-task') continue;
      if ((run.leases.get(command.key)?.heardAt ?? 0) < heardBefore) this.send(run, command);
    }
  }

  private handOn(run: LiveRun, command: RunTask, offers: readonly Offer[]): boolean {
    if (offers.length === 0) return false;
    const node = planNodeAt(run.plan, command.key);
    const fence = this.nextFence(run);
    const wanted = node && this.poolOf(node);
    const offer = offers.find(({ pool, next }) => pool === wanted && !next);
    if (!offer || !node || fence === undefined || !isRepeatable(this.options.catalog[node.type])) return false;
    const valuesJson = JSON.stringify(this.valuesFor(run, command.key, node));
    if (this.options.values && Buffer.byteLength(valuesJson) > maxValuesBytes) return false;
    run.leases.set(command.key, { fence, heardAt: this.options.now() });
    offer.next = { ...taskOf(run, node, command, fence, valuesJson), pool: offer.pool, history: [] };
    return true;
  }

  private poolOf(node: PlanNode): string {
    return poolFor(node, this.options.typePools ?? noTypePools);
  }

  private nextFence(run: LiveRun): number | undefined {
    const owner = this.options.fenceOf(run.facts.partition);
    if (owner === undefined) return undefined;
    return owner * fencesPerOwner * fenceStep + (this.dispatched++ % fencesPerOwner) * fenceStep;
  }

  private send(run: LiveRun, command: RunTask): void {
    const fence = this.nextFence(run);
    const node = planNodeAt(run.plan, command.key);
    if (fence === undefined || !node) return;
    const known = run.leases.get(command.key);
    // Counts as heard of until the queue has answered, so that the sweep does not send it twice meanwhile.
    run.leases.set(command.key, { fence: known?.fence ?? 0, heardAt: this.options.now() });
    this.enqueue(run, node, command, fence).catch((error: unknown) => {
      run.leases.delete(command.key);
      this.options.onError(run, error);
    });
  }

  private async enqueue(run: LiveRun, node: PlanNode, command: RunTask, fence: number): Promise<void> {
    const { bus, conversations } = this.options;
    const valuesJson = await this.valuesJson(run, command.key, node);
    const history = node.history ? await historyFor(conversations, run, node.history) : [];
    const task = { ...taskOf(run, node, command, fence, valuesJson), pool: this.poolOf(node), history };
    const outcome = await bus.enqueue(taskQueue(task.pool), taskQueueKey(task), task);
    const lease = run.leases.get(task.nodeKey);
    if (outcome === 'queued' && lease) lease.fence = Math.max(lease.fence, task.fence);
  }

  private async valuesJson(run: LiveRun, key: string, node: PlanNode): Promise<string> {
    const { values: store } = this.options;
    const values = this.valuesFor(run, key, node);
    const json = JSON.stringify(values);
    if (!store || Buffer.byteLength(json) <= maxValuesBytes) return json;
    const { tenantId, id: runId } = run.facts;
    return JSON.stringify(await store.putAway({ tenantId, runId }, values, true));
  }

  /** What the configuration of the node with that key selects, and what it is to change; nothing else. */
  private valuesFor({ plan, state }: LiveRun, key: string, node: PlanNode): Record<string, Json> {
    const read = readFrom(plan, state, key);
    const writes = this.options.catalog[node.type]?.writes?.(node.config) ?? [];
    const values: Record<string, Json> = {};
    for (const { selector } of [...node.reads, ...writes]) {
      const value = read(selector);
      if (value !== undefined) values[selectorText(selector)] = value;
    }
    return values;
  }
}

type RunTask = Extract<Command, { type: 'run-task' }>;

function isRepeatable(type: NodeType | undefined): boolean {
  return type?.work === 'control' || (type?.work === 'task' && type.repeatable === true);
}

/** A task without what has to be looked up. */
type BareTask = Omit<Task, 'history' | 'pool'>;

function taskOf(run: LiveRun, node: PlanNode, command: RunTask, fence: number, valuesJson: string): BareTask {
  return {
    runId: run.facts.id,
    nodeKey: command.key,
    attempt: command.attempt,
    fence,
    partition: run.facts.partition,
    tenantId: run.facts.tenantId,
    workflowId: run.facts.workflowId,
    nodeType: node.type,
    configJson: node.configJson,
    valuesJson,
    deadlineUnixMs: command.deadlineAt,
    traceparent: run.facts.traceparent,
    streamText: node.streamsText,
    effectsRunId: run.state.origin?.effects ?? run.facts.id,
  };
}

/** Whether an error means "try later" and not "something is wrong with us". */
export function isPassing(error: unknown): boolean {
  return error instanceof FailureError && error.failure.retryable;
}
