// What counting costs, against prom-client's own instruments in the same process. Nanoseconds each, the best of five.
import { Metrics, metricCatalogue } from '@treadle/telemetry';
import { Counter, Histogram, Registry } from 'prom-client';

const times = 2_000_000;
const metrics = new Metrics();
const { orchestrator, modelProxy } = metricCatalogue;
const started = metrics.counter(orchestrator.started).of();
const calls = metrics.counter(modelProxy.calls);
const seconds = metrics.histogram(orchestrator.commitSeconds).of();
const registers = [new Registry()];
const theirCounter = new Counter({ name: 'a_total', help: 'A.', registers });
const theirCalls = new Counter({
  name: 'b_total',
  help: 'B.',
  labelNames: ['provider', 'operation', 'outcome'],
  registers,
});
const theirSeconds = new Histogram({
  name: 'c',
  help: 'C.',
  buckets: [...orchestrator.commitSeconds.buckets],
  registers,
});

const rows = [
  ['a counter', () => started.add(), () => theirCounter.inc()],
  [
    'a counter found by three labels',
    () => calls.of('openai', 'chat', 'completed').add(),
    () => theirCalls.inc({ provider: 'openai', operation: 'chat', outcome: 'completed' }),
  ],
  ['a histogram', () => seconds.observe(0.004), () => theirSeconds.observe(0.004)],
];
for (const [name, ours, theirs] of rows) {
  const [own, other] = [best(ours), best(theirs)];
  console.log(`${name.padEnd(34)}${own.toFixed(0).padStart(5)} ns   prom-client ${other.toFixed(0).padStart(5)} ns`);
}

function best(act) {
  return Math.min(...Array.from({ length: 5 }, () => measured(act)));
}

function measured(act) {
  const from = process.hrtime.bigint();
  for (let index = 0; index < times; index++) act();
  return Number(process.hrtime.bigint() - from) / times;
}
