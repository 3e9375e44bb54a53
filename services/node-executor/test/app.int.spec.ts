import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createLogger } from '@treadle/telemetry';
import { type NatsServer, natsAvailable, startNatsServer } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AppModule } from '../src/app.module.js';
import { nodeExecutorProcessConfig } from '../src/node-executor.config.js';

describe.skipIf(!natsAvailable())('the executor as a process', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());

  it('is ready while NATS is there, stays alive without it, and stops', async () => {
    const config = nodeExecutorProcessConfig.read({ NATS_URL: server.url, FILES_URL: 'file:///tmp/treadle-specs' });
    const module = await AppModule.connect(config, createLogger({ service: 'spec', level: 'silent' }));
    const app = await NestFactory.create(module, new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const statusOf = async (question: string) => (await fetch(`${await app.getUrl()}/health/${question}`)).status;
    expect([await statusOf('startup'), await statusOf('ready'), await statusOf('live')]).toEqual([200, 200, 200]);
    await server.kill();
    await vi.waitUntil(async () => (await statusOf('ready')) === 503, { timeout: 20_000, interval: 50 });
    expect(await statusOf('live')).toBe(200);
    await server.restart();
    await vi.waitUntil(async () => (await statusOf('ready')) === 200, { timeout: 20_000, interval: 50 });
    await app.close();
  });
});
