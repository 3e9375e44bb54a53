import type { CronExpression } from './cron.js';
import type { TimeZone } from './time-zone.js';

const dayMs = 86_400_000;

/**
 * The first moment after another at which a schedule fires, in milliseconds since the epoch; `undefined` when there is none.
 * It depends on nothing but that other moment, so a schedule may be taken up anywhere and fires at the same moments.
 *
 * A time of the day is met once on every day that names it. Where the clock jumps over it, the moment of the jump stands in, for
 * all such times together; where it comes twice, the first one counts. An expression of every hour (`15 * * * *`) counts time
 * as it passes: what the clock jumps over is not there, and what comes twice is met twice.
 */
export function nextMoment(cron: CronExpression, zone: TimeZone, after: number): number | undefined {
  const from = zone.readingAt(after) - (cron.everyHour ? comesAgain(zone, after) : 0);
  let best = Number.POSITIVE_INFINITY;
  for (let reading = cron.next(from); reading !== undefined; reading = cron.next(reading)) {
    const moments = momentsOf(cron, zone, reading);
    best = Math.min(best, ...moments.filter((moment) => moment > after));
    // Later readings do not begin earlier.
    if ((moments[0] ?? after) > after) break;
  }
  return Number.isFinite(best) ? best : undefined;
}

function momentsOf({ everyHour }: CronExpression, zone: TimeZone, reading: number): readonly number[] {
  const moments = zone.momentsOf(reading);
  return everyHour ? moments : [moments[0] ?? zone.jumpOver(reading)];
}

/** How much of what the clock has shown it will soon show again, in milliseconds. */
function comesAgain(zone: TimeZone, moment: number): number {
  return Math.max(0, zone.offsetAt(moment) - zone.offsetAt(moment + dayMs));
}
