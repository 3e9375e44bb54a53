/** What a metric is, beside its numbers. Labels take few values that are known beforehand: never a tenant, a run or anything a user wrote. */
export interface MetricDefinition<Label extends string = string, Kind extends MetricKind = MetricKind> {
  /** As Prometheus has it: a unit of the base system at the end, and `_total` for counters. */
  readonly name: string;
  readonly kind: Kind;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds, ascending; for histograms alone. */
  readonly buckets: readonly number[];
}

export type MetricKind = 'counter' | 'gauge' | 'histogram';

export function counter<const Label extends string = never>(
  name: `${string}_total`,
  help: string,
  labels: readonly Label[] = [],
): MetricDefinition<Label, 'counter'> {
  return { name, kind: 'counter', help, labels, buckets: [] };
}

export function gauge<const Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): MetricDefinition<Label, 'gauge'> {
  return { name, kind: 'gauge', help, labels, buckets: [] };
}

export function histogram<const Label extends string = never>(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: readonly Label[] = [],
): MetricDefinition<Label, 'histogram'> {
  return { name, kind: 'histogram', help, labels, buckets };
}
