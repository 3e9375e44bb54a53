import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { Receipt, type Result, resultSubject, Task, taskQueue, taskQueueKey, Verdict } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { type FileStore, MemoryFileStore } from '@treadle/files';
import type { MessageBus } from '@treadle/messaging';
import type { Execute } from '@treadle/nodes';
import { vi } from 'vitest';
import { NodeExecutorModule, type NodeExecutorOptions } from '../src/index.js';

/** Behaviour by node type; each spec knows the configuration it sends. */
type Executors = Readonly<Record<string, Execute<never>>>;

/** Waits for a condition, however long a loaded machine takes. */
export const until = (condition: () => void) => vi.waitFor(condition, { timeout: 30_000, interval: 5 });

/** A pool, a partition and runs that no other spec uses. */
export function aPlace() {
  const name = randomUUID().slice(0, 8);
  const partition = Math.floor(Math.random() * 1e9);
  const aTask = (fields: Partial<Task> = {}) =>
    Task.fromPartial({
      runId: `run-${name}`,
      nodeKey: 'node',
      attempt: 1,
      fence: 1000,
      partition,
      pool: name,
      nodeType: 'work',
      streamText: true,
      ...fields,
    });
  const enqueue = (bus: MessageBus, task: Task) => bus.enqueue(taskQueue(name), taskQueueKey(task), task);
  return { pool: name, runId: `run-${name}`, partition, aTask, enqueue };
}

/** Starts an executor of one pool with the given behaviour for its nodes. */
export async function startExecutor(
  bus: MessageBus,
  pool: string,
  executors: Executors,
  config: Partial<NodeExecutorOptions['config']> = {},
  files: FileStore = new MemoryFileStore(),
) {
  const models = { chat: () => { throw FailureError.of('unavailable', 'No models here.'); } }; // biome-ignore format: one line reads better
  const noTools = () => Promise.reject(FailureError.of('unavailable', 'No tools here.'));
  const tools = { describeTools: noTools, callTool: noTools };
  const findExecutor = (type: string) => executors[type] as Execute<unknown> | undefined;
  const log = { warn: () => undefined, error: () => undefined };
  const settings = {
    pools: [pool],
    concurrency: 8,
    leaseSeconds: 1,
    shutdownGraceSeconds: 5,
    maxValueBytes: 8 * 1024 * 1024,
    codeTimeoutSeconds: 5,
    codeMemoryMb: 32,
    codeJavascriptThreads: 1,
    codePythonProcesses: 1,
    codePython: 'pyodide' as const,
    codePythonPath: '/usr/bin/python3',
    documentTimeoutSeconds: 20,
    documentMemoryMb: 256,
    documentProcesses: 1,
    httpAllow: [],
    httpAllowUnverified: false,
    ...config,
  };
  const knowledge = { search: () => Promise.reject(FailureError.of('unavailable', 'No datasets here.')) };
  const module = NodeExecutorModule.register({
    bus,
    models,
    tools,
    knowledge,
    files,
    findExecutor,
    log,
    config: settings,
  });
  return NestFactory.createApplicationContext(module, { logger: false });
}

/** The owner of a partition: notes every result and answers by `verdict`. */
export async function startOwner(
  bus: MessageBus,
  partition: number,
  verdict: (result: Result, count: number) => Verdict = () => Verdict.VERDICT_COMMITTED,
  next: (result: Result) => Task | undefined = () => undefined,
) {
  const results: Result[] = [];
  await bus.respond(resultSubject(partition), async (result) => {
    results.push(result);
    const task = result.takesNext ? next(result) : undefined;
    return Receipt.fromPartial({ verdict: verdict(result, results.length), ...(task ? { next: task } : {}) });
  });
  return results;
}
