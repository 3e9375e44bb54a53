import { describe, expect, it } from 'vitest';
import { gatewayConfig, gatewayProcessConfig } from './gateway.config.js';

const http = {
  trustedProxies: [],
  corsOrigins: [],
  tlsCertificatePath: '',
  tlsKeyPath: '',
  maxHeaderBytes: 16_384,
  maxHeaders: 100,
  headerTimeoutSeconds: 15,
  bodyTimeoutSeconds: 30,
  uploadTimeoutSeconds: 600,
  keepAliveSeconds: 72,
  maxConnections: 10_000,
};

const admission = {
  maxConcurrency: 1000,
  admissionTolerance: 2,
  admissionQueue: 500,
  admissionWaitMs: 3000,
  rateLimits: ['address.all=6000/60'],
};

describe('the settings of the gateway', () => {
  it('have these defaults', () => {
    expect(gatewayConfig.read({})).toEqual({
      httpPort: 8080,
      host: '127.0.0.1',
      publicUrl: '',
      ...http,
      ...admission,
      maxUploadBytes: 52_428_800,
      auditDays: 0,
      repeatSeconds: 10,
      apiKey: undefined,
      keyEncryptionKey: undefined,
      ownerEmail: '',
      ownerPassword: undefined,
      openIdIssuer: undefined,
      openIdClientId: '',
      openIdClientSecret: undefined,
      openIdDefaultRole: '',
      openIdRolesClaim: '',
      openIdRoles: [],
    });
  });

  it('have these besides in a process of its own', () => {
    const { databaseUrl, natsUrl, filesUrl, ...rest } = gatewayProcessConfig.read({
      DATABASE_URL: 'postgres://db',
      NATS_URL: 'nats://bus',
      FILES_URL: 'file:///files',
    });
    const addresses = [databaseUrl.reveal(), natsUrl.reveal(), filesUrl.reveal()];
    expect(addresses).toEqual(['postgres://db', 'nats://bus', 'file:///files']);
    expect(rest).toEqual({
      httpPort: 8080,
      host: '127.0.0.1',
      publicUrl: '',
      ...http,
      ...admission,
      maxUploadBytes: 52_428_800,
      auditDays: 0,
      repeatSeconds: 10,
      apiKey: undefined,
      keyEncryptionKey: undefined,
      ownerEmail: '',
      ownerPassword: undefined,
      openIdIssuer: undefined,
      openIdClientId: '',
      openIdClientSecret: undefined,
      openIdDefaultRole: '',
      openIdRolesClaim: '',
      openIdRoles: [],
      databaseConnections: 5,
      orchestratorAddress: '127.0.0.1:50052',
      modelProxyAddress: '127.0.0.1:50051',
      toolRegistryAddress: '127.0.0.1:50053',
      retrievalAddress: '127.0.0.1:50054',
    });
  });

  it('are refused without a database, a bus and a place for files', () => {
    expect(() => gatewayProcessConfig.read({})).toThrow(/DATABASE_URL.*NATS_URL.*FILES_URL/);
  });
});
