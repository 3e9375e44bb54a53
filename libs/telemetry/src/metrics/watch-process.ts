import type { HealthRegistry } from '../health/health-registry.js';
import { metricCatalogue } from './metric-catalogue.js';
import type { Metrics } from './metrics.js';

/** Says what runs, whether it is ready and which of its dependencies answer. */
export function watchHealth(metrics: Metrics, service: string, health: HealthRegistry): void {
  const { build, ready, dependency } = metricCatalogue.process;
  metrics.gauge(build).of(service, version(), process.version).set(1);
  const isReady = metrics.gauge(ready).of();
  const isUp = metrics.gauge(dependency);
  metrics.beforeShown(async () => {
    const { status, checks } = await health.readiness();
    isReady.set(status === 'ready' ? 1 : 0);
    for (const [name, { ok }] of Object.entries(checks)) isUp.of(name).set(ok ? 1 : 0);
  });
}

/** The part of a pool of connections that is looked at; `pg` has it. */
interface CountedPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** Says how many connections to the database a service has and wants. */
export function watchConnections(metrics: Metrics, service: string, pool: CountedPool): void {
  const connections = metrics.gauge(metricCatalogue.process.connections);
  const [busy, idle, wanted] = ['busy', 'idle', 'waiting'].map((state) => connections.of(service, state));
  metrics.beforeShown(() => {
    busy?.set(pool.totalCount - pool.idleCount);
    idle?.set(pool.idleCount);
    wanted?.set(pool.waitingCount);
  });
}

/** Counts the calls of a gRPC server; to be given to it as `onCall`. */
export function callCounter(metrics: Metrics): (path: string, status: string, seconds: number) => void {
  const calls = metrics.counter(metricCatalogue.process.calls);
  const took = metrics.histogram(metricCatalogue.process.callSeconds);
  return (path, status, seconds) => {
    const method = path.slice(path.lastIndexOf('.') + 1);
    calls.of(method, status).add();
    took.of(method).observe(seconds);
  };
}

/** Of the image; what runs from a checkout has none. */
const version = () => process.env['TREADLE_VERSION'] ?? 'development';
