import { catalog } from '@treadle/nodes';
import { type Metrics, metricCatalogue } from '@treadle/telemetry';
import type { EndedExecution } from './domain/task-runner.js';

const names = metricCatalogue.nodeExecutor;

/** Counts executions by the type of their node. */
export function taskObserver(metrics: Metrics): (ended: EndedExecution) => void {
  const took = metrics.histogram(names.seconds);
  // A type that is unknown here came with a message.
  return ({ nodeType, outcome, seconds }) =>
    took.of(Object.hasOwn(catalog, nodeType) ? nodeType : 'unknown', outcome).observe(seconds);
}

/** @param capacity tasks at a time, all pools together */
export function watchRunner(metrics: Metrics, runner: { readonly size: number }, capacity: number): void {
  const running = metrics.gauge(names.running).of();
  metrics.gauge(names.capacity).of().set(capacity);
  metrics.beforeShown(() => running.set(runner.size));
}
