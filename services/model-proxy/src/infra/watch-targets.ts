import { type Metrics, metricCatalogue } from '@treadle/telemetry';
import type { Targets } from '../domain/target.js';

const names = metricCatalogue.modelProxy;

/** Says of each kind of provider how many of its models are left alone, and what those that were asked bear. */
export function watchTargets(metrics: Metrics, targets: Targets): void {
  const breakers = metrics.gauge(names.targets);
  const [limits, runnings, waitings] = [names.limit, names.running, names.waiting].map((name) => metrics.gauge(name));
  metrics.beforeShown(() => {
    for (const family of [breakers, limits, runnings, waitings]) family?.clear();
    for (const { provider, breaker, limit } of targets.list()) {
      const { limit: most, running, waiting } = limit.state;
      for (const state of ['open', 'closed']) breakers.of(provider.kind, state);
      breakers.of(provider.kind, breaker.isOpen ? 'open' : 'closed').add();
      limits?.of(provider.kind).add(most);
      runnings?.of(provider.kind).add(running);
      waitings?.of(provider.kind).add(waiting);
    }
  });
}
