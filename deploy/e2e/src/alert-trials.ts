/** A series of an alert's trial: its value (of a counter: how much it grows a minute) while all is well and while it is not. */
interface TrialSeries {
  readonly kind: 'counter' | 'gauge';
  readonly well: number;
  /** `undefined`: the series is not there. */
  readonly bad: number | undefined;
}

/** What makes an alert fire. Times are minutes: all is well for `well`, bad for `bad`, and well again; a blip is as bad, but shorter. */
export interface AlertTrial {
  /** The file of its rule. */
  readonly file: string;
  readonly alert: string;
  readonly series: Readonly<Record<string, TrialSeries>>;
  readonly well: number;
  readonly bad: number;
  readonly blip: number;
  /** After the end of what was bad, it fires no more. */
  readonly clearsWithin: number;
  /** Minutes between two readings. */
  readonly step: number;
  /** Minutes between two evaluations of the rules. */
  readonly everyMinutes: number;
}

const counter = (well: number, bad: number): TrialSeries => ({ kind: 'counter', well, bad });
const gauge = (well: number, bad?: number): TrialSeries => ({ kind: 'gauge', well, bad });

type Series = AlertTrial['series'];

/** Both alerts of an objective: the one that wakes somebody, and the one that is a ticket. */
function objective(file: string, alert: string, series: Series): AlertTrial[] {
  return [
    { file, alert, series, well: 60, bad: 30, blip: 0.5, clearsWithin: 45, step: 0.5, everyMinutes: 1 },
    {
      file,
      alert: `${alert}Slowly`,
      series,
      well: 1440,
      bad: 240,
      blip: 8,
      clearsWithin: 140,
      step: 4,
      everyMinutes: 4,
    },
  ];
}

/** A rule that waits for a while and then fires. */
function waiting(file: string, alert: string, minutes: number, series: Series): AlertTrial {
  return {
    file,
    alert,
    series,
    well: 30,
    bad: minutes + 8,
    blip: Math.max(1, minutes - 7),
    clearsWithin: 8,
    step: 0.5,
    everyMinutes: 1,
  };
}

/** The same where what was bad is seen for some minutes more, as a rate. */
const echoing = (file: string, alert: string, minutes: number, series: Series): AlertTrial => ({
  ...waiting(file, alert, minutes + 5, series),
  blip: 2,
});

const pod = 'namespace="prod",pod="a"';
const buckets = (metric: string, labels: string, bounds: readonly (readonly [string, number, number])[]): Series =>
  Object.fromEntries(bounds.map(([le, well, bad]) => [`${metric}{${pod},${labels}le="${le}"}`, counter(well, bad)]));

export const alertTrials: readonly AlertTrial[] = [
  ...objective('requests', 'TreadleRequestsFail', {
    [`treadle_http_requests_total{${pod},class="read",method="GET",status="2xx"}`]: counter(600, 540),
    [`treadle_http_requests_total{${pod},class="read",method="GET",status="5xx"}`]: counter(0, 60),
  }),
  ...objective('requests', 'TreadleRequestsSlow', {
    ...buckets('treadle_http_request_duration_seconds_bucket', 'class="read",', [['1', 600, 300]]),
    [`treadle_http_request_duration_seconds_count{${pod},class="read"}`]: counter(600, 600),
  }),
  ...objective('runs', 'TreadleRunsFail', {
    [`treadle_runs_failed_total{${pod},kind="bug"}`]: counter(0, 30),
    [`treadle_runs_finished_total{${pod},status="completed"}`]: counter(60, 30),
    [`treadle_runs_finished_total{${pod},status="failed"}`]: counter(0, 30),
  }),
  ...objective('queues', 'TreadleTasksWait', { [`treadle_queue_oldest_seconds{${pod},pool="default"}`]: gauge(0, 90) }),
  ...objective('providers', 'TreadleProviderFails', {
    [`treadle_model_calls_total{${pod},provider="openai",outcome="completed"}`]: counter(100, 0),
    [`treadle_model_calls_total{${pod},provider="openai",outcome="unavailable"}`]: counter(0, 100),
  }),
  waiting('queues', 'TreadlePoolUnserved', 10, { [`treadle_queue_unserved{${pod}}`]: gauge(0, 5) }),
  waiting('queues', 'TreadleExecutorsFull', 15, {
    [`treadle_tasks_running{${pod}}`]: gauge(20, 64),
    [`treadle_tasks_capacity{${pod}}`]: gauge(64, 64),
  }),
  waiting('providers', 'TreadleModelLeftAlone', 5, {
    [`treadle_model_targets{${pod},provider="openai",breaker="open"}`]: gauge(0, 1),
  }),
  {
    ...waiting('health', 'TreadleNatsDown', 1, { [`treadle_dependency_up{${pod},check="executor bus"}`]: gauge(1, 0) }),
    blip: 0.5,
  },
  {
    ...waiting('health', 'TreadleDependencyDown', 1, {
      [`treadle_dependency_up{${pod},check="gateway database"}`]: gauge(1, 0),
    }),
    blip: 0.5,
  },
  waiting('health', 'TreadleNotReady', 10, { [`treadle_ready{${pod}}`]: gauge(1, 0) }),
  {
    ...waiting('health', 'TreadlePartitionsWithoutOwner', 2, {
      [`treadle_partitions_owned{${pod}}`]: gauge(64, 40),
      [`treadle_partitions{${pod}}`]: gauge(64, 64),
    }),
    blip: 1,
  },
  // What is gone is looked for five minutes back.
  {
    ...waiting('health', 'TreadleNoOrchestrator', 10, { [`treadle_partitions_owned{${pod}}`]: gauge(64) }),
  },
  echoing('health', 'TreadleJournalSlow', 10, {
    ...buckets('treadle_journal_commit_duration_seconds_bucket', '', [
      ['0.25', 100, 0],
      ['1', 100, 0],
      ['2.5', 100, 100],
      ['+Inf', 100, 100],
    ]),
  }),
  echoing('health', 'TreadleJournalFails', 5, { [`treadle_journal_failures_total{${pod}}`]: counter(0, 3) }),
  waiting('health', 'TreadleConnectionsShort', 10, {
    [`treadle_database_connections{${pod},component="gateway",state="waiting"}`]: gauge(0, 4),
  }),
  echoing('health', 'TreadleRefusing', 10, { [`treadle_admission_refused_total{${pod}}`]: counter(0, 60) }),
  waiting('health', 'TreadleEventLoopSlow', 10, {
    [`nodejs_eventloop_lag_p99_seconds{${pod}}`]: gauge(0.02, 0.8),
    [`treadle_build_info{${pod},component="gateway"}`]: gauge(1, 1),
  }),
];

/** The tests of an alert as promtool reads them: it fires and clears, and a blip does not make it fire. */
export function promtoolTests(trial: AlertTrial): object[] {
  const { alert, well, bad, blip, clearsWithin, step } = trial;
  const firing = `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`;
  const check = (minutes: number, value: number) => ({
    expr: firing,
    eval_time: `${Math.round(minutes * 60)}s`,
    exp_samples: [{ labels: '{}', value }],
  });
  const again = clearsWithin + 10;
  const moments = Array.from({ length: 10 }, (_, index) => well + blip + (index * again) / 10);
  return [
    {
      ...given(trial, bad, again),
      promql_expr_test: [
        check(well - step, 0),
        check(well + bad - Math.max(1, step), 1),
        check(well + bad + clearsWithin, 0),
      ],
    },
    { ...given(trial, blip, again), promql_expr_test: moments.map((minutes) => check(minutes, 0)) },
  ];
}

function given({ series, well, step }: AlertTrial, badFor: number, wellAfter: number): object {
  const phases = [
    { isBad: false, readings: well / step },
    { isBad: true, readings: badFor / step },
    { isBad: false, readings: wellAfter / step },
  ];
  return {
    interval: `${step * 60}s`,
    input_series: Object.entries(series).map(([name, { kind, ...rates }]) => {
      let total = 0;
      const values = phases.flatMap(({ isBad, readings }) =>
        Array.from({ length: Math.round(readings) }, () => {
          const value = isBad ? rates.bad : rates.well;
          if (kind === 'gauge' || value === undefined) return value ?? '_';
          total += value * step;
          return total;
        }),
      );
      return { series: name, values: values.join(' ') };
    }),
  };
}
