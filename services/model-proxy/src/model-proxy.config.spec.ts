import { describe, expect, it } from 'vitest';
import { modelProxyConfig, modelProxyProcessConfig } from './model-proxy.config.js';
import { configuredProviders } from './providers/catalog.js';

describe('the settings of the model proxy', () => {
  it('have these defaults', () => {
    const required = { DATABASE_URL: 'postgres://db/treadle', NATS_URL: 'nats://bus' };
    const { databaseUrl: _, natsUrl: __, ...values } = modelProxyProcessConfig.read(required);
    expect(values).toEqual({
      openAiBaseUrl: undefined,
      openAiApiKey: undefined,
      httpAllow: [],
      defaultModel: undefined,
      connectTimeoutMs: 10_000,
      firstTokenTimeoutMs: 120_000,
      probeIntervalMs: 10_000,
      queueTimeoutMs: 10_000,
      totalTimeoutMs: 900_000,
      silenceTimeoutMs: 120_000,
      keyEncryptionKey: undefined,
      budgetedOutputTokens: 4096,
      databaseConnections: 5,
      grpcAddress: '127.0.0.1:50051',
      host: '127.0.0.1',
      healthPort: 8081,
    });
  });

  it.each([
    [{}, ['local', 'demo']],
    [{ OPENAI_API_KEY: 'k' }, ['openai', 'local', 'demo']],
    [{ OPENAI_BASE_URL: 'http://localhost:11434/v1' }, ['openai', 'local', 'demo']],
  ])('make of %o the providers %j', (environment, names) => {
    expect(configuredProviders(modelProxyConfig.read(environment)).map(({ name }) => name)).toEqual(names);
  });
});
