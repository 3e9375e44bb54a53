import { describe, expect, it } from 'vitest';
import { parseCron } from './cron.js';
import { nextMoment } from './next-moment.js';
import { TimeZone } from './time-zone.js';

/** The moments of a schedule between two others, the second excluded, as ISO 8601 to the minute. */
function momentsBetween(written: string, zoneName: string, from: string, to: string): string[] {
  const cron = parseCron(written);
  const zone = TimeZone.find(zoneName);
  if ('problem' in cron || !zone) throw new Error('not a schedule');
  const moments: string[] = [];
  let at = nextMoment(cron, zone, Date.parse(from) - 1);
  for (; at !== undefined && at < Date.parse(to); at = nextMoment(cron, zone, at))
    moments.push(new Date(at).toISOString().slice(0, 16));
  return moments;
}

describe('the moments of a schedule', () => {
  it.each([
    ['Europe/Berlin', '30 2 * * *', '2026-03-28', ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']],
    ['America/New_York', '30 2 * * *', '2026-03-07', ['2026-03-07T07:30', '2026-03-08T07:00', '2026-03-09T06:30']],
    ['America/Sao_Paulo', '0 0 * * *', '2018-11-03', ['2018-11-03T03:00', '2018-11-04T03:00', '2018-11-05T02:00']],
    ['Asia/Beirut', '0 0 * * *', '2026-03-27', ['2026-03-27T22:00', '2026-03-28T22:00', '2026-03-29T21:00']],
    ['Africa/Cairo', '0 0 * * *', '2026-04-22', ['2026-04-22T22:00', '2026-04-23T22:00', '2026-04-24T21:00']],
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-02', ['2026-10-02T15:45', '2026-10-03T15:30', '2026-10-04T15:15']],
    ['Pacific/Apia', '0 12 * * *', '2011-12-29', ['2011-12-29T22:00', '2011-12-30T10:00', '2011-12-30T22:00']],
  ])('in %s, "%s" is met once on the day the clock is put forward', (zone, cron, from, moments) => {
    const to = new Date(Date.parse(moments[2] ?? '') + 60_000).toISOString();
    expect(momentsBetween(cron, zone, `${from}T00:00Z`, to)).toEqual(moments.map((moment) => moment));
  });

  it.each([
    ['Europe/Berlin', '30 2 * * *', '2026-10-24', ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']],
    ['Europe/Berlin', '0 2,3 * * *', '2026-10-25', ['2026-10-25T00:00', '2026-10-25T02:00', '2026-10-26T01:00']],
    ['America/New_York', '30 1 * * *', '2026-10-31', ['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30']],
  ])('in %s, "%s" is met once on the day the clock is put back', (zone, cron, from, moments) => {
    const to = new Date(Date.parse(moments[2] ?? '') + 60_000).toISOString();
    expect(momentsBetween(cron, zone, `${from}T00:00Z`, to)).toEqual(moments);
  });

  it.each(['2026-03-29', '2026-10-25'])('every 15 minutes is every quarter of an hour that passes (%s)', (day) => {
    const moments = momentsBetween('*/15 * * * *', 'Europe/Berlin', `${day}T00:00Z`, `${day}T03:00Z`);
    const quarters = Array.from({ length: 12 }, (_, quarter) => Date.parse(`${day}T00:00Z`) + quarter * 900_000);
    expect(moments).toEqual(quarters.map((at) => new Date(at).toISOString().slice(0, 16)));
  });

  it('does not meet a time again when it is taken up between its two occurrences', () => {
    const between = momentsBetween('30 2 * * *', 'Europe/Berlin', '2026-10-25T01:00Z', '2026-10-26T01:00Z');
    expect(between).toEqual([]);
  });

  it('finds a minute of every hour again that only the repeated hour of that date still has', () => {
    const moments = momentsBetween('15 * 25 10 *', 'Europe/Berlin', '2026-10-25T00:50Z', '2026-10-25T02:00Z');
    expect(moments).toEqual(['2026-10-25T01:15']);
  });
});

describe('parseCron', () => {
  it.each(['* * * *', '61 * * * *', '* * * * * *', '? * * * *', '@reboot', '*/0 * * * *', '0 0 31 2 *', 'soon', ''])(
    'refuses "%s"',
    (text) => {
      expect(parseCron(text)).toHaveProperty('problem');
    },
  );

  it.each(['@hourly', '0 9 * * MON-FRI', '0 0 L * *', '0 0 * * 5#2', ' 0  0 1,15 * * '])('takes "%s"', (text) => {
    expect(parseCron(text)).not.toHaveProperty('problem');
  });
});
