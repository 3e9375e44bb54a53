import { describe, expect, it } from 'vitest';
import { nodeExecutorProcessConfig } from './node-executor.config.js';

describe('nodeExecutorProcessConfig', () => {
  it('has these defaults', () => {
    const { natsUrl, ...config } = nodeExecutorProcessConfig.read({ NATS_URL: 'nats://127.0.0.1:4222' });
    expect(natsUrl.reveal()).toBe('nats://127.0.0.1:4222');
    expect(config).toEqual({
      pools: ['default'],
      concurrency: 64,
      leaseSeconds: 15,
      shutdownGraceSeconds: 20,
      httpAllow: [],
      modelProxyAddress: '127.0.0.1:50051',
      host: '127.0.0.1',
      healthPort: 8081,
    });
  });

  it('refuses a pool whose name a subject cannot hold', () => {
    expect(() => nodeExecutorProcessConfig.read({ NATS_URL: 'nats://h', TREADLE_POOLS: 'a.b' })).toThrow(
      /TREADLE_POOLS/,
    );
  });
});
