import { describe, expect, it } from 'vitest';
import { toolRegistryProcessConfig } from './tool-registry.config.js';

describe('the settings of the tool registry', () => {
  it('have these defaults', () => {
    const { databaseUrl, ...rest } = toolRegistryProcessConfig.read({ DATABASE_URL: 'postgres://db' });
    expect(databaseUrl.reveal()).toBe('postgres://db');
    expect(rest).toEqual({
      callTimeoutMs: 60_000,
      discoveryTimeoutMs: 60_000,
      queueTimeoutMs: 10_000,
      takeOverMs: 5_000,
      breakerFailures: 5,
      breakerPauseMs: 30_000,
      maxAnswerBytes: 8_388_608,
      outcomeDays: 7,
      callDays: 90,
      keyEncryptionKey: undefined,
      httpAllow: [],
      databaseConnections: 10,
      grpcAddress: '127.0.0.1:50053',
      orchestratorAddress: '127.0.0.1:50052',
      host: '127.0.0.1',
      healthPort: 8081,
    });
  });

  it('need a database', () => {
    expect(() => toolRegistryProcessConfig.read({})).toThrow(/DATABASE_URL/);
  });
});
