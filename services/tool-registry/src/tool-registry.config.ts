import { type ConfigOf, defineConfig, integer, list, secret, secretUrl, string } from '@treadle/config';

export const toolRegistryConfig = defineConfig({
  callTimeoutMs: integer({
    env: 'TREADLE_TOOL_TIMEOUT_MS',
    default: 60_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    meaning: "How long a call of a tool may take, where neither its caller nor the tool's policy says less.",
  }),
  discoveryTimeoutMs: integer({
    env: 'TREADLE_TOOL_DISCOVERY_TIMEOUT_MS',
    default: 60_000,
    min: 1,
    max: 600_000,
    unit: 'ms',
    meaning: 'How long a source may take to tell its tools when it is registered.',
  }),
  queueTimeoutMs: integer({
    env: 'TREADLE_TOOL_QUEUE_TIMEOUT_MS',
    default: 10_000,
    min: 0,
    max: 600_000,
    unit: 'ms',
    meaning: 'How long a call may wait for its turn at a tool whose concurrency is limited.',
  }),
  takeOverMs: integer({
    env: 'TREADLE_TOOL_TAKE_OVER_MS',
    default: 5_000,
    min: 0,
    max: 600_000,
    unit: 'ms',
    meaning: 'How long the process of a call must seem dead before a repeat of the call gives it up.',
  }),
  breakerFailures: integer({
    env: 'TREADLE_TOOL_BREAKER_FAILURES',
    default: 5,
    min: 0,
    max: 1_000,
    unit: 'failures',
    meaning: 'Failures of a tool in a row after which it is left alone for a while; 0 never leaves it alone.',
  }),
  breakerPauseMs: integer({
    env: 'TREADLE_TOOL_BREAKER_PAUSE_MS',
    default: 30_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'How long a tool that failed several times in a row is left alone before one call tries again.',
  }),
  maxAnswerBytes: integer({
    env: 'TREADLE_TOOL_MAX_ANSWER_BYTES',
    default: 8 * 1024 * 1024,
    min: 1024,
    max: 24 * 1024 * 1024,
    unit: 'bytes',
    meaning: 'The largest answer of a tool: its text, JSON and files together.',
  }),
  outcomeDays: integer({
    env: 'TREADLE_TOOL_OUTCOME_DAYS',
    default: 7,
    min: 1,
    max: 3_650,
    unit: 'days',
    meaning: 'How long the answers of calls are kept for repeats of the same call.',
  }),
  callDays: integer({
    env: 'TREADLE_TOOL_CALL_DAYS',
    default: 90,
    min: 1,
    max: 3_650,
    unit: 'days',
    meaning: 'How long the record of calls that may have changed something is kept.',
  }),
  keyEncryptionKey: secret({
    env: 'TREADLE_KEY_ENCRYPTION_KEY',
    optional: true,
    meaning:
      'Encrypts the stored credentials of tools: 32 random bytes in base64 (openssl rand -base64 32), the same for every replica; older ones may follow after commas.',
  }),
  httpAllow: list({
    env: 'TREADLE_HTTP_ALLOW',
    default: [],
    meaning:
      'Private addresses, networks (10.0.0.0/8) and host names that tools may reach; `acme=` before one is for that tenant alone.',
  }),
});

/** The service's settings, read once. */
export type ToolRegistryConfig = ConfigOf<typeof toolRegistryConfig>;

/** What it needs besides as a process of its own. */
export const toolRegistryProcessConfig = defineConfig({
  ...toolRegistryConfig.settings,
  databaseUrl: secretUrl({
    env: 'DATABASE_URL',
    schemes: ['postgres', 'postgresql'],
    meaning: 'The PostgreSQL (15 or newer) that holds toolsets, credentials and the record of calls.',
  }),
  databaseConnections: integer({
    env: 'TREADLE_TOOL_REGISTRY_DATABASE_CONNECTIONS',
    default: 10,
    min: 3,
    max: 200,
    unit: 'connections',
    meaning: 'Most connections the tool registry opens to PostgreSQL.',
  }),
  grpcAddress: string({
    env: 'TREADLE_TOOL_REGISTRY_GRPC',
    default: '127.0.0.1:50053',
    unit: 'host:port',
    meaning: 'Where the tool registry takes gRPC calls.',
  }),
  orchestratorAddress: string({
    env: 'TREADLE_ORCHESTRATOR_GRPC',
    default: '127.0.0.1:50052',
    unit: 'host:port',
    meaning: 'Where the orchestrator takes gRPC calls.',
  }),
  host: string({ env: 'TREADLE_HOST', default: '127.0.0.1', meaning: 'Address the health endpoints listen on.' }),
  healthPort: integer({
    env: 'TREADLE_HEALTH_PORT',
    default: 8081,
    min: 0,
    max: 65_535,
    unit: 'port',
    meaning: 'Port of the health endpoints; 0 takes a free one.',
  }),
});

export type ToolRegistryProcessConfig = ConfigOf<typeof toolRegistryProcessConfig>;
