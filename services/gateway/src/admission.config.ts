import { integer } from '@treadle/config';

/** How much is worked on at a time, and what becomes of the rest. */
export const admissionConfig = {
  maxConcurrency: integer({
    env: 'TREADLE_ADMISSION_MAX_CONCURRENCY',
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'requests',
    meaning: 'Most requests worked on at a time in one gateway; below that the limit follows their latency.',
  }),
  admissionTolerance: integer({
    env: 'TREADLE_ADMISSION_TOLERANCE',
    default: 2,
    min: 2,
    max: 20,
    unit: 'times',
    meaning: 'How much longer than usual requests may take before fewer are let in.',
  }),
  admissionQueue: integer({
    env: 'TREADLE_ADMISSION_QUEUE',
    default: 500,
    min: 0,
    max: 100_000,
    unit: 'requests',
    meaning: 'Most requests that wait to be let in; when there are more, the organisation with most of them gets 503.',
  }),
  admissionWaitMs: integer({
    env: 'TREADLE_ADMISSION_WAIT_MS',
    default: 3000,
    min: 1,
    max: 60_000,
    unit: 'ms',
    meaning: 'How long a request waits to be let in; then it gets 503.',
  }),
};
