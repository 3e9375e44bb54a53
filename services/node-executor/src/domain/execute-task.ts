import { type Completed, type Failure as FailureMessage, type Result, type Task, Usage } from '@treadle/contracts';
import { FailureError, toFailure } from '@treadle/failure';
import { toFailureMessage } from '@treadle/grpc';
import type { Execute, NodeContext, NodeOutcome } from '@treadle/nodes';
import { type Assignment, type Json, type JsonObject, type Selector, selectorText } from '@treadle/workflow';
import type { CapabilitySource } from './capability-source.js';
import { effectKey } from './effect-key.js';
import type { Execution } from './execution.js';

/** What became of an execution, as the result carries it. */
export type Outcome = NonNullable<Result['outcome']>;

/** Finds the behaviour of a node type by name; absent where this executor does not know it. */
export type FindExecutor = (nodeType: string) => Execute<unknown> | undefined;

/** Tells of errors that nobody foresaw. */
export interface TaskLog {
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

/** Where values stay that are too large to travel. */
export interface LargeValues {
  readBack(tenantId: string, value: Json): Promise<Json>;
  putAway(owner: { readonly tenantId: string; readonly runId: string }, values: JsonObject): Promise<JsonObject>;
}

export interface ExecuteTaskDependencies {
  readonly findExecutor: FindExecutor;
  readonly capabilities: CapabilitySource;
  readonly values: LargeValues;
  readonly log: TaskLog;
}

/** Timers take no more than this; longer deadlines are as good as none. */
const longestTimerMs = 2 ** 31 - 1;

/** Runs a task's node until it is done, its deadline has passed or it is handed back. Never throws: a failing node is data. */
export async function executeTask(execution: Execution, dependencies: ExecuteTaskDependencies): Promise<Outcome> {
  const { task } = execution;
  const warnings: string[] = [];
  try {
    const outcome = await untilGivenUp(execution, () => run(execution, warnings, dependencies));
    return { $case: 'completed', value: await completed(task, outcome, warnings, dependencies.values) };
  } catch (error) {
    return { $case: 'failed', value: failed(error, task, dependencies.log) };
  } finally {
    execution.text.close();
  }
}

async function run(
  execution: Execution,
  warnings: string[],
  { findExecutor, capabilities, values: largeValues }: ExecuteTaskDependencies,
): Promise<NodeOutcome> {
  const { task, signal, text } = execution;
  const execute = findExecutor(task.nodeType);
  if (execute === undefined) throw unknownType(task);
  const values = (await largeValues.readBack(task.tenantId, JSON.parse(task.valuesJson || '{}') as Json)) as JsonObject;
  const context: NodeContext = {
    read: (selector) => valueOf(values, selector),
    history: task.history,
    capabilities: capabilities.forTask(task, signal),
    emitText: task.streamText ? (piece) => text.push(piece) : () => undefined,
    warn: (sentence) => warnings.push(sentence),
    signal,
    attempt: task.attempt,
    idempotencyKey: effectKey(task),
  };
  return execute(JSON.parse(task.configJson || '{}'), context);
}

function valueOf(values: JsonObject, selector: Selector): Json | undefined {
  const name = selectorText(selector);
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** Settles when the work does or the execution is given up, whichever comes first: a node that ignores its signal holds nobody up. */
async function untilGivenUp<T>(execution: Execution, work: () => Promise<T>): Promise<T> {
  const { task, signal } = execution;
  const { deadlineUnixMs } = task;
  const givenUp = Promise.withResolvers<never>();
  const stop = () => givenUp.reject(signal.reason as FailureError);
  signal.addEventListener('abort', stop, { once: true });
  const leftMs = deadlineUnixMs > 0 ? deadlineUnixMs - Date.now() : longestTimerMs;
  const expire = () => execution.giveUp(timeout(task));
  const timer = leftMs > 0 ? setTimeout(expire, Math.min(leftMs, longestTimerMs)) : undefined;
  try {
    if (timer === undefined) expire();
    return await Promise.race([givenUp.promise, signal.aborted ? givenUp.promise : work()]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function completed(
  task: Task,
  outcome: NodeOutcome,
  warnings: string[],
  values: LargeValues,
): Promise<Completed> {
  const outputs = await values.putAway(task, outcome.outputs);
  const assigns = outcome.assigns && (await putAwayAssigned(task, outcome.assigns, values));
  return {
    outputsJson: JSON.stringify(outputs),
    handle: outcome.handle ?? '',
    usage: outcome.usage ? Usage.fromPartial(outcome.usage) : undefined,
    warnings,
    assignsJson: assigns ? JSON.stringify(assigns) : '',
  };
}

async function putAwayAssigned(
  task: Task,
  assigns: readonly Assignment[],
  values: LargeValues,
): Promise<readonly Assignment[]> {
  const byIndex = Object.fromEntries(assigns.map(({ value }, index) => [String(index), value]));
  const away = await values.putAway(task, byIndex);
  return assigns.map(({ selector, value }, index) => ({ selector, value: away[String(index)] ?? value }));
}

function failed(error: unknown, task: Task, log: TaskLog): FailureMessage {
  if (!(error instanceof FailureError)) {
    const { runId, nodeKey, nodeType, attempt } = task;
    log.error({ err: error, runId, nodeKey, nodeType, attempt }, 'A node threw an error that is not a failure.');
  }
  return toFailureMessage(toFailure(error));
}

const timeout = ({ nodeKey }: Task) =>
  FailureError.of(
    'node_timeout',
    `The node ${nodeKey} was not done when its time was over. Give it more time or less to do.`,
  );

const unknownType = ({ nodeType }: Task) =>
  FailureError.of(
    'node_configuration',
    `This executor does not know the node type "${nodeType}". Upgrade the executors to the orchestrator's version.`,
  );
