import { counter, gauge, histogram, type MetricDefinition } from './metric-definition.js';

/** Seconds of what somebody waits for: from a millisecond to ten seconds. */
const waits = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds of what may take long: models, tools, whole runs. */
const works = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600];
const batches = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/** Every metric of our own, by the service that has it. Dashboards, alerts and the documentation are checked against this list. */
export const metricCatalogue = {
  /** Of every process. */
  process: {
    build: gauge('treadle_build_info', 'Always 1; the labels say what runs.', ['component', 'version', 'node_version']),
    ready: gauge('treadle_ready', '1 while the process may be given work, as its readiness endpoint says.'),
    dependency: gauge('treadle_dependency_up', '1 while a dependency that readiness asks answers.', ['check']),
    connections: gauge('treadle_database_connections', 'Connections to PostgreSQL, and who waits for one.', [
      'component',
      'state',
    ]),
    calls: counter('treadle_grpc_requests_total', 'gRPC calls that were answered, by their status.', [
      'method',
      'status',
    ]),
    callSeconds: histogram('treadle_grpc_request_duration_seconds', 'How long gRPC calls took.', works, ['method']),
  },
  orchestrator: {
    started: counter('treadle_runs_started_total', 'Runs that were committed with their first decision.'),
    finished: counter('treadle_runs_finished_total', 'Runs that came to their end.', ['status']),
    failures: counter(
      'treadle_runs_failed_total',
      "Runs that failed, by whose fault: the caller's, the world's or ours (bug).",
      ['kind'],
    ),
    seconds: histogram('treadle_run_duration_seconds', 'From the start of a run to its end.', works, ['status']),
    live: gauge('treadle_runs_live', 'Runs under way in memory.'),
    outstanding: gauge('treadle_tasks_outstanding', 'Tasks of live runs whose results are awaited.'),
    partitions: gauge('treadle_partitions', 'Partitions that all orchestrators share.'),
    owned: gauge('treadle_partitions_owned', 'Partitions that this orchestrator owns.'),
    commitSeconds: histogram('treadle_journal_commit_duration_seconds', 'How long a write to the journal took.', waits),
    batch: histogram('treadle_journal_batch_size', 'Decisions that were committed by one write.', batches),
    waiting: gauge('treadle_journal_waiting', 'Decisions that wait to be written.'),
    commitFailures: counter('treadle_journal_failures_total', 'Writes to the journal that failed.'),
    depth: gauge('treadle_queue_depth', 'Tasks that wait for an executor, by pool; every orchestrator says the same.', [
      'pool',
    ]),
    working: gauge('treadle_queue_working', 'Tasks that executors hold, by pool; every orchestrator says the same.', [
      'pool',
    ]),
    oldest: gauge('treadle_queue_oldest_seconds', 'Age of the task that waits longest, by pool; 0 where none waits.', [
      'pool',
    ]),
    unserved: gauge('treadle_queue_unserved', 'Tasks in pools that no executor has ever served.'),
  },
  nodeExecutor: {
    seconds: histogram('treadle_task_duration_seconds', 'How long nodes worked, without the wait before.', works, [
      'node_type',
      'outcome',
    ]),
    running: gauge('treadle_tasks_running', 'Tasks that this executor works on.'),
    capacity: gauge('treadle_tasks_capacity', 'Tasks that this executor takes at a time, all its pools together.'),
  },
  modelProxy: {
    calls: counter('treadle_model_calls_total', 'Calls to providers, each attempt for itself; `cached` reached none.', [
      'provider',
      'operation',
      'outcome',
    ]),
    seconds: histogram('treadle_model_call_duration_seconds', 'How long calls to providers took.', works, [
      'provider',
      'operation',
    ]),
    firstToken: histogram('treadle_model_first_token_seconds', 'From a call to the first part of its answer.', works, [
      'provider',
    ]),
    tokens: counter(
      'treadle_model_tokens_total',
      'Tokens that providers counted; `cached` ones are part of the input.',
      ['provider', 'direction'],
    ),
    cost: counter('treadle_model_cost_usd_total', 'What calls cost in US dollars, where the price is known.', [
      'provider',
    ]),
    targets: gauge('treadle_model_targets', 'Models that were asked, by whether their breaker is open.', [
      'provider',
      'breaker',
    ]),
    limit: gauge('treadle_model_concurrency_limit', 'Calls at once that models bear, as found out.', ['provider']),
    running: gauge('treadle_model_running', 'Calls that are under way.', ['provider']),
    waiting: gauge('treadle_model_waiting', 'Calls that wait for their turn.', ['provider']),
  },
  gateway: {
    requests: counter('treadle_http_requests_total', 'Requests that were answered.', ['class', 'method', 'status']),
    seconds: histogram(
      'treadle_http_request_duration_seconds',
      'How long requests took that were answered in one piece; class `run` and `model` include the work itself.',
      waits,
      ['class'],
    ),
    streams: gauge('treadle_streams_open', 'Answers under way that last as long as a run.'),
    inside: gauge('treadle_admission_inside', 'Requests that are worked on.'),
    waiting: gauge('treadle_admission_waiting', 'Requests that wait to be let in.'),
    limit: gauge('treadle_admission_limit', 'Requests at once that are let in, as found out.'),
    refused: counter('treadle_admission_refused_total', 'Requests that were refused because there was too much to do.'),
    limited: counter('treadle_rate_limited_total', 'Requests that were refused because their caller made too many.', [
      'class',
    ]),
  },
} as const;

/** All of them in one list. */
export const allMetrics: readonly MetricDefinition[] = Object.values(metricCatalogue).flatMap((group) =>
  Object.values<MetricDefinition>(group),
);
