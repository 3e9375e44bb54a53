import { describe, expect, it } from 'vitest';
import { nodeExecutorProcessConfig } from './node-executor.config.js';

describe('nodeExecutorProcessConfig', () => {
  it('has these defaults', () => {
    const given = { NATS_URL: 'nats://127.0.0.1:4222', FILES_URL: 'file:///files' };
    const { natsUrl, filesUrl, ...config } = nodeExecutorProcessConfig.read(given);
    expect(filesUrl.reveal()).toBe('file:///files');
    expect(natsUrl.reveal()).toBe('nats://127.0.0.1:4222');
    expect(config).toEqual({
      pools: ['default'],
      concurrency: 64,
      leaseSeconds: 15,
      shutdownGraceSeconds: 20,
      maxValueBytes: 52_428_800,
      codeTimeoutSeconds: 60,
      codeMemoryMb: 128,
      codeJavascriptThreads: 2,
      codePythonProcesses: 2,
      codePython: 'pyodide',
      codePythonPath: '/usr/bin/python3',
      documentTimeoutSeconds: 60,
      documentMemoryMb: 512,
      documentProcesses: 2,
      httpAllow: [],
      httpAllowUnverified: false,
      modelProxyAddress: '127.0.0.1:50051',
      toolRegistryAddress: '127.0.0.1:50053',
      retrievalAddress: '127.0.0.1:50054',
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
