import { type ConfigOf, defineConfig, integer, list, secret, secretUrl, string } from '@treadle/config';
import { filesUrl } from '@treadle/files';

export const orchestratorConfig = defineConfig({
  conversationSeconds: integer({
    env: 'TREADLE_CONVERSATION_SECONDS',
    default: 0,
    min: 0,
    max: 10 * 366 * 86_400,
    unit: 's',
    meaning: 'How long a conversation is kept after its last message where its workflow does not say; 0 keeps it.',
  }),
  conversationRetentionDays: integer({
    env: 'TREADLE_CONVERSATION_RETENTION_DAYS',
    default: 0,
    min: 0,
    max: 3650,
    unit: 'days',
    meaning:
      'How long a conversation is kept after its last message, with its messages, unless an organisation says; 0 keeps it.',
  }),
  databaseConnections: integer({
    env: 'TREADLE_ORCHESTRATOR_DATABASE_CONNECTIONS',
    default: 10,
    min: 2,
    max: 200,
    unit: 'connections',
    meaning: 'Most connections the orchestrator opens to PostgreSQL.',
  }),
  fileRetentionDays: integer({
    env: 'TREADLE_FILE_RETENTION_DAYS',
    default: 0,
    min: 0,
    max: 3650,
    unit: 'days',
    meaning:
      'How long an uploaded file is kept, unless an organisation says; 0 keeps it. Runs that are not over keep theirs.',
  }),
  maxLiveRuns: integer({
    env: 'TREADLE_MAX_LIVE_RUNS',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'runs',
    meaning: 'Runs one orchestrator keeps under way; above it, starts are answered with 503 until some have ended.',
  }),
  partitionLeaseMs: integer({
    env: 'TREADLE_PARTITION_LEASE_MS',
    default: 9000,
    min: 1500,
    max: 60_000,
    unit: 'ms',
    meaning: 'How long a dead orchestrator keeps its runs from being taken over.',
  }),
  runRetentionDays: integer({
    env: 'TREADLE_RUN_RETENTION_DAYS',
    default: 0,
    min: 0,
    max: 3650,
    unit: 'days',
    meaning:
      'How long a run is kept after its end, with its history, unless an organisation says; 0 keeps it. What was said in a conversation stays with that.',
  }),
  startKeyHours: integer({
    env: 'TREADLE_START_KEY_HOURS',
    default: 24,
    min: 1,
    max: 24 * 365,
    unit: 'hours',
    meaning: 'How long after the end of its run an Idempotency-Key still finds that run.',
  }),
  taskLeaseMs: integer({
    env: 'TREADLE_TASK_LEASE_MS',
    default: 20_000,
    min: 5000,
    max: 600_000,
    unit: 'ms',
    meaning: 'A task that no executor was heard to work on for this long is sent again.',
  }),
  typePools: list({
    env: 'TREADLE_TYPE_POOLS',
    default: [],
    item: /^[a-z-]+=[A-Za-z0-9_-]+$/,
    meaning: 'Pools of node types, such as code=sandbox, for nodes that name no other pool than `default`.',
  }),
  keyEncryptionKey: secret({
    env: 'TREADLE_KEY_ENCRYPTION_KEY',
    optional: true,
    meaning:
      'Encrypts the secrets of webhooks: 32 random bytes in base64 (openssl rand -base64 32), the same for every replica; older ones may follow after commas.',
  }),
});

export type OrchestratorConfig = ConfigOf<typeof orchestratorConfig>;

/** What it needs besides as a process of its own. */
export const orchestratorProcessConfig = defineConfig({
  ...orchestratorConfig.settings,
  databaseUrl: secretUrl({
    env: 'DATABASE_URL',
    schemes: ['postgres', 'postgresql'],
    meaning: 'The PostgreSQL (15 or newer) that holds workflows, runs and keys.',
  }),
  natsUrl: secretUrl({
    env: 'NATS_URL',
    schemes: ['nats', 'tls'],
    meaning: 'Where the nats-server is, with user and password or token where it asks for them.',
  }),
  filesUrl,
  grpcAddress: string({
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

export type OrchestratorProcessConfig = ConfigOf<typeof orchestratorProcessConfig>;
