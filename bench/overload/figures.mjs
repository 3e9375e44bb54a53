// What the answers of a driver say.
import { quantile } from '../quantile.mjs';

/** Seconds for which the quiet organisation goes on when the load has ended. */
export const afterSeconds = 35;

/** Of what was asked between two moments. */
export function figures({ answers }, from, to) {
  const asked = answers.filter(([at]) => at >= from && at < to);
  const good = asked.filter(([, , status]) => status >= 200 && status < 300);
  const of = (some) => {
    const times = some.map(([, , , ms]) => ms);
    return { perSecond: some.length / (to - from), p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  };
  const refused = asked.filter(([, , status]) => status === 503 || status === 429);
  const lost = asked.filter(([, kind, status]) => kind === 0 && status === 0).length;
  return {
    askedPerSecond: asked.length / (to - from),
    good: of(good),
    start: of(good.filter(([, kind]) => kind === 0)),
    read: of(good.filter(([, kind]) => kind === 1)),
    refused: of(refused),
    failed: asked.length - good.length - refused.length,
    lost,
  };
}

/** Seconds after the load until the quiet one is answered for two seconds as it was alone, or nearly so. */
export function normalAfter({ answers }, alone, seconds) {
  const allowed = [alone.start.p99 * 2, alone.read.p99 * 2];
  for (let after = 0; after <= afterSeconds - 2; after += 0.5) {
    const window = answers.filter(([at]) => at >= seconds + after && at < seconds + after + 2);
    const good = window.filter(([, kind, status, ms]) => status < 300 && status > 0 && ms <= allowed[kind]);
    if (window.length > 0 && good.length >= window.length * 0.98) return after;
  }
  return undefined;
}

export function print(report) {
  const { capacity, alone, bound, loaded, quietP99Ratio: ratio } = report;
  const ms = (number) => `${number.toFixed(1)} ms`;
  const percent = (share) => `${(share * 100).toFixed(0)} %`;
  const perSecond = (number) => `${number.toFixed(0)}/s`;
  const unfinished = report.lostRuns + report.unfinishedRuns;
  const rows = [
    ['capacity, before and after', `${perSecond(capacity.perSecond)}, ${perSecond(report.capacityAfter.perSecond)}`, `${capacity.startsPerSecond.toFixed(0)} starts/s`, ''], // biome-ignore format: a row
    ['offered', perSecond(report.offeredPerSecond), `${perSecond(loaded.greedy.refused.perSecond)} refused in ${ms(loaded.greedy.refused.p50)}`, ''], // biome-ignore format: a row
    ['goodput ÷ capacity', percent(report.goodputShare), `starts ${percent(report.startsShare)}`, '≥ 90 %'],
    ['bound of that', percent(bound.share), `a bare server refuses ${perSecond(bound.refusedPerSecond)} in ${(bound.cpuMsPerRefusal * 1_000).toFixed(0)} µs each`, ''], // biome-ignore format: a row
    ['goodput ÷ bound', percent(report.goodputShare / bound.share), '', ''],
    ['quiet p99, reads', ms(loaded.quiet.read.p99), `${ms(alone.read.p99)} alone, × ${ratio.read.toFixed(2)}`, '≤ × 2'],
    ['quiet p99, starts', ms(loaded.quiet.start.p99), `${ms(alone.start.p99)} alone, × ${ratio.start.toFixed(2)}`, '≤ × 2'], // biome-ignore format: a row
    ['bound of that', `× ${bound.p99Ratio.read.toFixed(2)}, × ${bound.p99Ratio.start.toFixed(2)}`, 'reads, starts, of the quiet one beside it', ''], // biome-ignore format: a row
    ['quiet refused', `${loaded.quiet.refused.perSecond.toFixed(2)}/s`, '', '0'],
    ['normal after', `${report.normalAfterSeconds ?? `> ${afterSeconds}`} s`, '', '≤ 30 s'],
    ['accepted runs not finished', String(unfinished), '', '0'],
  ];
  for (const [name, ...cells] of rows)
    console.log(`${name.padEnd(28)}${cells.map((cell) => cell.padEnd(34)).join('')}`.trimEnd());
}
