import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import { Distribution, Family, Reading } from './instruments.js';
import type { MetricDefinition } from './metric-definition.js';

type AnyFamily = Family<string, Reading> | Family<string, Distribution>;

/** A number with its labels, as the registry takes it. */
interface Shown {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * What a process counts and measures. One per process: when several services share a process, they share it. Counting costs some tens of
 * nanoseconds and allocates nothing; text is made only when somebody asks.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly families = new Map<string, AnyFamily>();
  private readonly collectors: (() => unknown)[] = [];

  readonly contentType = this.registry.contentType;

  counter<Label extends string>(definition: MetricDefinition<Label, 'counter'>): Family<Label, Reading> {
    return this.family(definition, () => new Family(definition, () => new Reading()));
  }

  gauge<Label extends string>(definition: MetricDefinition<Label, 'gauge'>): Family<Label, Reading> {
    return this.family(definition, () => new Family(definition, () => new Reading()));
  }

  histogram<Label extends string>(definition: MetricDefinition<Label, 'histogram'>): Family<Label, Distribution> {
    return this.family(definition, () => new Family(definition, () => new Distribution(definition.buckets)));
  }

  /** Called before the numbers are shown, to set those that nobody counts. One that throws leaves its numbers as they were. */
  beforeShown(collect: () => unknown): void {
    this.collectors.push(collect);
  }

  /** What Node and the system say of the process: memory, CPU, event loop, garbage. It costs a timer, so only where somebody asks. */
  watchProcess(): void {
    if (!this.registry.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics({ register: this.registry });
  }

  /** All numbers, in Prometheus's text format. */
  async text(): Promise<string> {
    await Promise.all(this.collectors.map(async (collect) => collect()).map((done) => done.catch(() => undefined)));
    return this.registry.metrics();
  }

  private family<F extends AnyFamily>(definition: MetricDefinition, make: () => F): F {
    const { name, help, kind } = definition;
    const known = this.families.get(name);
    if (known) return known as F;
    const family = make();
    this.families.set(name, family);
    // The registry asks a metric for nothing but this.
    const metric = { name, help, type: kind, get: async () => ({ name, help, type: kind, values: shownOf(family) }) };
    this.registry.registerMetric(metric as unknown as Metric);
    return family;
  }
}

function shownOf(family: AnyFamily): Shown[] {
  const { name, labels: names } = family.definition;
  return [...family.all()].flatMap(({ labels: values, instrument }) => {
    const labels = Object.fromEntries(names.map((label, index) => [label, values[index] ?? '']));
    if (instrument instanceof Reading) return [{ labels, value: instrument.value }];
    const { bounds, sum, count } = instrument.shown();
    return [
      ...bounds.map(([le, value]) => ({ metricName: `${name}_bucket`, labels: { ...labels, le }, value })),
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  });
}
