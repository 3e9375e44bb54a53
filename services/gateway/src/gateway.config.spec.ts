import { describe, expect, it } from 'vitest';
import { gatewayConfig, gatewayProcessConfig } from './gateway.config.js';

describe('the settings of the gateway', () => {
  it('have these defaults', () => {
    expect(gatewayConfig.read({})).toEqual({ httpPort: 8080, host: '127.0.0.1', apiKey: undefined });
  });

  it('have these besides in a process of its own', () => {
    const { databaseUrl, natsUrl, ...rest } = gatewayProcessConfig.read({
      DATABASE_URL: 'postgres://db',
      NATS_URL: 'nats://bus',
    });
    expect([databaseUrl.reveal(), natsUrl.reveal()]).toEqual(['postgres://db', 'nats://bus']);
    expect(rest).toEqual({
      httpPort: 8080,
      host: '127.0.0.1',
      apiKey: undefined,
      databaseConnections: 5,
      orchestratorAddress: '127.0.0.1:50052',
      modelProxyAddress: '127.0.0.1:50051',
    });
  });

  it('are refused without a database and a bus', () => {
    expect(() => gatewayProcessConfig.read({})).toThrow(/DATABASE_URL.*NATS_URL/);
  });
});
