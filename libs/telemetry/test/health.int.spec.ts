import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HealthModule, HealthRegistry } from '../src/index.js';

let app: NestFastifyApplication;
let registry: HealthRegistry;

beforeEach(async () => {
  registry = new HealthRegistry();
  app = await NestFactory.create<NestFastifyApplication>(HealthModule.forRoot(registry), new FastifyAdapter(), {
    logger: false,
  });
  await app.listen(0, '127.0.0.1');
});

afterEach(() => app.close());

async function get(path: string) {
  const answer = await fetch(`${await app.getUrl()}/health/${path}`);
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: await answer.json() };
}

describe('health endpoints', () => {
  it('answers startup once every announced step is over', async () => {
    const migrated = registry.beginStartup('orchestrator migrations');
    expect(await get('startup')).toMatchObject({ status: 503, body: { pending: ['orchestrator migrations'] } });
    expect(await get('ready')).toMatchObject({ status: 503, body: { status: 'starting' } });
    migrated();
    expect(await get('startup')).toMatchObject({ status: 200, body: { status: 'started' } });
    expect(await get('ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
  });

  it('says which check failed, and stays alive', async () => {
    registry.register('bus', () => Promise.resolve());
    registry.register('database', () => Promise.reject(new Error('refused')));
    expect(await get('ready')).toEqual({
      status: 503,
      retryAfter: '1',
      body: { status: 'failing', checks: { bus: { ok: true }, database: { ok: false, message: 'refused' } } },
    });
    expect(await get('live')).toMatchObject({ status: 200, body: { status: 'alive' } });
  });

  it('does not wait for a check longer than its time limit', async () => {
    registry.register('bus', () => new Promise(() => {}), 20);
    expect((await get('ready')).body).toMatchObject({
      checks: { bus: { ok: false, message: 'no answer within 20 ms' } },
    });
  });

  it('asks once for many callers', async () => {
    let asked = 0;
    registry.register('database', async () => ++asked);
    await Promise.all(Array.from({ length: 20 }, () => registry.readiness()));
    expect(asked).toBe(1);
  });

  it('is not ready while draining, and drains when the application closes', async () => {
    registry.drain();
    expect(await get('ready')).toMatchObject({ status: 503, body: { status: 'draining' } });
    const other = new HealthRegistry();
    const closing = await NestFactory.createApplicationContext(HealthModule.forRoot(other), { logger: false });
    await closing.close();
    expect((await other.readiness()).status).toBe('draining');
  });
});
