/** A number that a process shows, with its labels. Of a histogram, how many values there were. */
export interface ShownMetric {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const comment = /^# (?:HELP ([a-zA-Z_:][\w:]*) .+|TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary))$/;
const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;

/**
 * Reads Prometheus's text format, version 0.0.4. `name_bucket` and `name_sum` stay what they are; `name_count` of a histogram comes as `name` too.
 * @throws Error naming the first line that is not of the format.
 */
export function readMetrics(text: string): ShownMetric[] {
  const histograms = new Set<string>();
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    if (line.startsWith('#')) {
      const [, help, typed, type] = comment.exec(line) ?? [];
      if (help === undefined && typed === undefined) throw new Error(`This is no comment of the format: ${line}`);
      if (typed !== undefined && type === 'histogram') histograms.add(typed);
      return [];
    }
    const [, name, labels = '', value] = sample.exec(line) ?? [];
    if (name === undefined) throw new Error(`This is no sample: ${line}`);
    const shown = { name, labels: labelsOf(labels, line), value: numberOf(value ?? '', line) };
    const counted = name.replace(/_count$/, '');
    return counted !== name && histograms.has(counted) ? [shown, { ...shown, name: counted }] : [shown];
  });
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  while (labelPair.lastIndex < text.length) {
    const [, name, value] = labelPair.exec(text) ?? [];
    if (name === undefined || value === undefined || name in labels)
      throw new Error(`Its labels cannot be read: ${line}`);
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function numberOf(text: string, line: string): number {
  const value = Number(text.replace(/^([+-])Inf$/, '$1Infinity'));
  if (Number.isNaN(value) && text !== 'Nan' && text !== 'NaN') throw new Error(`Its value is no number: ${line}`);
  return value;
}

/** The sum of a metric's numbers under these labels. */
export function sumOf(
  shown: readonly ShownMetric[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = Object.entries(labels);
  const fitting = shown.filter((one) => one.name === name && wanted.every(([key, value]) => one.labels[key] === value));
  return fitting.reduce((sum, one) => sum + one.value, 0);
}
