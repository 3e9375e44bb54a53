import { type ConfigOf, defineConfig, integer, list, secret, secretUrl, string, url } from '@treadle/config';
import { filesUrl } from '@treadle/files';
import { admissionConfig } from './admission.config.js';
import { httpConfig } from './http.config.js';
import { rateLimitConfig } from './rate-limit.config.js';

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
  metricsPort: integer({
    env: 'TREADLE_METRICS_PORT',
    optional: true,
    min: 0,
    max: 65_535,
    unit: 'port',
    meaning: 'Port of /metrics, which is never on the public one; 0 takes a free one, unset serves none.',
  }),
  ...httpConfig,
  auditDays: integer({
    env: 'TREADLE_AUDIT_DAYS',
    default: 0,
    min: 0,
    max: 36_500,
    unit: 'days',
    meaning: 'How long entries of the audit log are kept, 0 for ever; what is older is retired in whole stretches.',
  }),
  ...admissionConfig,
  ...rateLimitConfig,
  maxUploadBytes: integer({
    env: 'TREADLE_MAX_UPLOAD_BYTES',
    default: 50 * 1024 * 1024,
    min: 1024,
    max: 1024 * 1024 * 1024,
    unit: 'bytes',
    meaning: 'Largest file that may be uploaded.',
  }),
  repeatSeconds: integer({
    env: 'TREADLE_REPEAT_SECONDS',
    default: 10,
    min: 0,
    max: 3600,
    unit: 'seconds',
    meaning:
      'How long after its end a run is the answer to the same request of a Dify client that did not receive it; 0 begins a run for each request.',
  }),
  apiKey: secret({
    env: 'TREADLE_API_KEY',
    optional: true,
    meaning: 'An API key that is let in; without it a random one is made at the very first start and shown once.',
  }),
  keyEncryptionKey: secret({
    env: 'TREADLE_KEY_ENCRYPTION_KEY',
    optional: true,
    meaning:
      'Encrypts the keys that sign access tokens: 32 random bytes in base64 (openssl rand -base64 32), the same for every replica; older ones may follow after commas.',
  }),
  ownerEmail: string({
    env: 'TREADLE_OWNER_EMAIL',
    default: '',
    meaning: 'Somebody who is let in as owner from the first start on; goes with TREADLE_OWNER_PASSWORD.',
  }),
  ownerPassword: secret({
    env: 'TREADLE_OWNER_PASSWORD',
    optional: true,
    meaning: 'Their first password; once it was changed, this one counts no more.',
  }),
  openIdIssuer: url({
    env: 'TREADLE_OPENID_ISSUER',
    optional: true,
    schemes: ['https', 'http'],
    meaning: 'The OpenID provider that people may sign in with; http only on this machine.',
  }),
  openIdClientId: string({
    env: 'TREADLE_OPENID_CLIENT_ID',
    default: '',
    meaning: 'What this installation is called there.',
  }),
  openIdClientSecret: secret({
    env: 'TREADLE_OPENID_CLIENT_SECRET',
    optional: true,
    meaning: 'Its secret there; a public client has none.',
  }),
  openIdDefaultRole: string({
    env: 'TREADLE_OPENID_DEFAULT_ROLE',
    default: '',
    meaning: 'What somebody becomes who comes by the provider for the first time; empty lets in only who was invited.',
  }),
  openIdRolesClaim: string({
    env: 'TREADLE_OPENID_ROLES_CLAIM',
    default: '',
    meaning: 'The claim of the provider that says what somebody may do, such as groups.',
  }),
  openIdRoles: list({
    env: 'TREADLE_OPENID_ROLES',
    default: [],
    item: /^.+=[a-z][a-z0-9-]*$/,
    meaning: 'Roles by what that claim holds, the first that fits, such as treadle-admins=admin,staff=viewer.',
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
  retrievalAddress: string({
    env: 'TREADLE_RETRIEVAL_GRPC',
    default: '127.0.0.1:50054',
    unit: 'host:port',
    meaning: 'Where retrieval takes gRPC calls.',
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
