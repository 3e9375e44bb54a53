import type { MetricDefinition } from './metric-definition.js';

/** A number that is shown under certain labels. */
export class Reading {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }

  set(value: number): void {
    this.value = value;
  }
}

/** How often values fell between the bounds, and their sum. */
export class Distribution {
  private readonly counts: Float64Array;
  private sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index += 1;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
  }

  /** As Prometheus shows it: each bound with all below it, then sum and count. */
  shown(): { readonly bounds: readonly (readonly [bound: string, count: number])[]; sum: number; count: number } {
    let count = 0;
    const bounds = [...this.counts].map((own, index) => {
      count += own;
      return [index < this.bounds.length ? String(this.bounds[index]) : '+Inf', count] as const;
    });
    return { bounds, sum: this.sum, count };
  }
}

/** Labels that somebody did not foresee must not fill the memory of whoever reads them. */
const mostSeries = 500;
const other = 'other';

/** One metric: an instrument for each combination of its labels. */
export class Family<Label extends string, Instrument> {
  private readonly series = new Map<string, { readonly labels: readonly string[]; readonly instrument: Instrument }>();

  constructor(
    readonly definition: MetricDefinition<Label>,
    private readonly make: () => Instrument,
  ) {}

  /** The instrument under these values of the labels, in their order. Keep it where the values do not change. */
  of(...values: readonly string[]): Instrument {
    const key = values.length === 1 ? (values[0] as string) : values.join('\u0000');
    return this.series.get(key)?.instrument ?? this.add(key, values);
  }

  /** Forgets all of them: what is read anew at each scrape may have gone. */
  clear(): void {
    this.series.clear();
  }

  all(): Iterable<{ readonly labels: readonly string[]; readonly instrument: Instrument }> {
    return this.series.values();
  }

  private add(key: string, values: readonly string[]): Instrument {
    const { labels } = this.definition;
    if (values.length !== labels.length) throw new Error(`${this.definition.name} takes ${labels.length} labels.`);
    const fits = this.series.size < mostSeries;
    const shown = fits ? values : values.map(() => other);
    if (!fits && shown.join('\u0000') !== key) return this.of(...shown);
    const instrument = this.make();
    this.series.set(key, { labels: shown, instrument });
    return instrument;
  }
}
