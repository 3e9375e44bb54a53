import { readMetrics } from '@treadle/testing/metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { HealthRegistry } from '../health/health-registry.js';
import { allMetrics, callCounter, Metrics, MetricsServer, watchConnections, watchHealth } from './index.js';
import { counter, gauge, histogram } from './metric-definition.js';

const read = async (metrics: Metrics, wanted: string) =>
  readMetrics(await metrics.text())
    .filter(({ name }) => name === wanted)
    .map(({ name: _, ...shown }) => shown);

const servers: MetricsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe('Metrics', () => {
  it('shows what was counted, under its labels', async () => {
    const metrics = new Metrics();
    const drinks = metrics.counter(counter('drinks_total', 'Drinks.', ['kind', 'size']));
    drinks.of('tea', 'large').add();
    drinks.of('tea', 'large').add(2);
    drinks.of('milk', 'small').add();
    expect(await read(metrics, 'drinks_total')).toEqual([
      { labels: { kind: 'tea', size: 'large' }, value: 3 },
      { labels: { kind: 'milk', size: 'small' }, value: 1 },
    ]);
  });

  it('shows a distribution by its bounds, with what is above them', async () => {
    const metrics = new Metrics();
    const took = metrics.histogram(histogram('took_seconds', 'Seconds.', [1, 2])).of();
    for (const value of [0.5, 1, 1.5, 3]) took.observe(value);
    const buckets = (await read(metrics, 'took_seconds_bucket')).map(({ labels, value }) => [labels['le'], value]);
    expect(buckets).toEqual([
      ['1', 2],
      ['2', 3],
      ['+Inf', 4],
    ]);
    expect(await read(metrics, 'took_seconds_sum')).toEqual([{ labels: {}, value: 6 }]);
    expect(await read(metrics, 'took_seconds')).toEqual([{ labels: {}, value: 4 }]);
  });

  it('gives services that share a process the same instrument', () => {
    const metrics = new Metrics();
    const definition = gauge('shared', 'One.');
    expect(metrics.gauge(definition).of()).toBe(metrics.gauge(definition).of());
  });

  it('gathers labels that nobody foresaw under one', async () => {
    const metrics = new Metrics();
    const many = metrics.counter(counter('many_total', 'Many.', ['name']));
    for (let index = 0; index < 600; index++) many.of(`name ${index}`).add();
    const shown = await read(metrics, 'many_total');
    expect(shown).toHaveLength(501);
    expect(shown.at(-1)).toEqual({ labels: { name: 'other' }, value: 100 });
  });

  it('shows the other numbers where one cannot be found out', async () => {
    const metrics = new Metrics();
    metrics.beforeShown(() => Promise.reject(new Error('away')));
    metrics.beforeShown(() => metrics.gauge(gauge('there', 'One.')).of().set(1));
    expect(await read(metrics, 'there')).toEqual([{ labels: {}, value: 1 }]);
  });
});

describe('a process', () => {
  it('says whether it is ready, what answers and how many connections it has', async () => {
    const [metrics, health] = [new Metrics(), new HealthRegistry()];
    health.register('bus', async () => {
      throw new Error('away');
    });
    watchHealth(metrics, 'gateway', health);
    watchConnections(metrics, 'gateway', { totalCount: 5, idleCount: 3, waitingCount: 7 });
    callCounter(metrics)('/treadle.model.v1.ModelService/Chat', 'ok', 0.2);
    expect(await read(metrics, 'treadle_ready')).toEqual([{ labels: {}, value: 0 }]);
    expect(await read(metrics, 'treadle_dependency_up')).toEqual([{ labels: { check: 'bus' }, value: 0 }]);
    expect((await read(metrics, 'treadle_database_connections')).map(({ value }) => value)).toEqual([2, 3, 7]);
    expect(await read(metrics, 'treadle_grpc_requests_total')).toEqual([
      { labels: { method: 'ModelService/Chat', status: 'ok' }, value: 1 },
    ]);
  });

  it('shows its numbers on a port of their own, and nothing else', async () => {
    const server = await MetricsServer.listen(new Metrics(), 0, '127.0.0.1');
    servers.push(server);
    const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const names = readMetrics(await answer.text()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']));
    expect((await fetch(`http://127.0.0.1:${server.port}/health/ready`)).status).toBe(404);
  });
});

describe('the catalogue', () => {
  it.each(allMetrics)('$name keeps the rules of names, units and labels', ({ name, kind, help, labels, buckets }) => {
    expect(name).toMatch(/^treadle_[a-z0-9_]+$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    expect(help).toMatch(/^.{10,}\.$/);
    expect(labels.join(' ')).not.toMatch(/tenant|run|user|workflow|model\b|key/);
    expect([...buckets].sort((one, two) => one - two)).toEqual(buckets);
    expect(buckets.length > 0).toBe(kind === 'histogram');
  });

  it('names nothing twice', () => {
    const names = allMetrics.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
