import { type ConfigOf, defineConfig, integer, secret, secretUrl, string } from '@treadle/config';
import { filesUrl } from '@treadle/files';

export const gatewayConfig = defineConfig({
  httpPort: integer({
    env: 'TREADLE_HTTP_PORT',
    default: 8080,
    min: 0,
    max: 65_535,
    unit: 'port',
    meaning: 'Port of the public API; 0 takes a free one.',
  }),
  host: string({
    env: 'TREADLE_HOST',
    default: '127.0.0.1',
    meaning: 'Address the public API listens on; 0.0.0.0 for all of the machine.',
  }),
  publicUrl: string({
    env: 'TREADLE_PUBLIC_URL',
    default: '',
    unit: 'URL',
    meaning:
      'Where people reach the public API, for links that are sent to them; empty takes the address of the request.',
  }),
  maxUploadBytes: integer({
    env: 'TREADLE_MAX_UPLOAD_BYTES',
    default: 50 * 1024 * 1024,
    min: 1024,
    max: 1024 * 1024 * 1024,
    unit: 'bytes',
    meaning: 'Largest file that may be uploaded.',
  }),
  apiKey: secret({
    env: 'TREADLE_API_KEY',
    optional: true,
    meaning: 'An API key that is let in; without it a random one is made at the very first start and shown once.',
  }),
});

/** The service's settings, read once. */
export type GatewayConfig = ConfigOf<typeof gatewayConfig>;

/** What the gateway needs besides when it is a process of its own. */
export const gatewayProcessConfig = defineConfig({
  ...gatewayConfig.settings,
  databaseUrl: secretUrl({
    env: 'DATABASE_URL',
    schemes: ['postgres', 'postgresql'],
    meaning: 'The PostgreSQL (15 or newer) that holds workflows, runs and keys.',
  }),
  databaseConnections: integer({
    env: 'TREADLE_GATEWAY_DATABASE_CONNECTIONS',
    default: 5,
    min: 1,
    max: 200,
    unit: 'connections',
    meaning: 'Most connections the gateway opens to PostgreSQL.',
  }),
  natsUrl: secretUrl({
    env: 'NATS_URL',
    schemes: ['nats', 'tls'],
    meaning: 'Where the nats-server is, with user and password or token where it asks for them.',
  }),
  filesUrl,
  orchestratorAddress: string({
    env: 'TREADLE_ORCHESTRATOR_GRPC',
    default: '127.0.0.1:50052',
    unit: 'host:port',
    meaning: 'Where the orchestrator takes gRPC calls.',
  }),
  modelProxyAddress: string({
    env: 'TREADLE_MODEL_PROXY_GRPC',
    default: '127.0.0.1:50051',
    unit: 'host:port',
    meaning: 'Where the model proxy takes gRPC calls.',
  }),
  toolRegistryAddress: string({
    env: 'TREADLE_TOOL_REGISTRY_GRPC',
    default: '127.0.0.1:50053',
    unit: 'host:port',
    meaning: 'Where the tool registry takes gRPC calls.',
  }),
});

export type GatewayProcessConfig = ConfigOf<typeof gatewayProcessConfig>;
