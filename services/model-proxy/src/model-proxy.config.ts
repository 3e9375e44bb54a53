import { type ConfigOf, defineConfig, integer, list, secret, secretUrl, string, url } from '@treadle/config';

export const modelProxyConfig = defineConfig({
  openAiBaseUrl: url({
    env: 'OPENAI_BASE_URL',
    optional: true,
    schemes: ['http', 'https'],
    meaning:
      'Base address of the provider "openai", any OpenAI-compatible server; OpenAI itself when only the key is set.',
  }),
  openAiApiKey: secret({
    env: 'OPENAI_API_KEY',
    optional: true,
    meaning: 'API key of the provider "openai"; not needed for local servers.',
  }),
  httpAllow: list({
    env: 'TREADLE_MODEL_HTTP_ALLOW',
    default: [],
    meaning:
      'Private addresses, networks (10.0.0.0/8) and host names where providers that are saved by API may be; `acme=` before one is for that tenant alone. Standalone allows its own machine where nothing is set.',
  }),
  defaultModel: string({
    env: 'TREADLE_DEFAULT_MODEL',
    optional: true,
    meaning: 'Model (or provider/model) that serves names no provider knows, with a warning; without it they fail.',
  }),
  connectTimeoutMs: integer({
    env: 'TREADLE_MODEL_CONNECT_TIMEOUT_MS',
    default: 10_000,
    min: 1,
    max: 600_000,
    unit: 'ms',
    meaning: 'How long a connection to a provider may take.',
  }),
  firstTokenTimeoutMs: integer({
    env: 'TREADLE_MODEL_FIRST_TOKEN_TIMEOUT_MS',
    default: 120_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'How long a provider may take to begin its answer.',
  }),
  probeIntervalMs: integer({
    env: 'TREADLE_MODEL_PROBE_INTERVAL_MS',
    default: 10_000,
    min: 10,
    max: 600_000,
    unit: 'ms',
    meaning: 'How often a provider that failed several times in a row is asked whether it is back.',
  }),
  queueTimeoutMs: integer({
    env: 'TREADLE_MODEL_QUEUE_TIMEOUT_MS',
    default: 10_000,
    min: 1,
    max: 600_000,
    unit: 'ms',
    meaning: 'How long a call may wait for its turn at a busy provider.',
  }),
  totalTimeoutMs: integer({
    env: 'TREADLE_MODEL_TOTAL_TIMEOUT_MS',
    default: 900_000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    meaning: 'How long a call may take in all, where neither its caller nor its route says less.',
  }),
  silenceTimeoutMs: integer({
    env: 'TREADLE_MODEL_SILENCE_TIMEOUT_MS',
    default: 120_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'How long a provider may be silent between two parts of its answer, and before a plain one.',
  }),
  keyEncryptionKey: secret({
    env: 'TREADLE_KEY_ENCRYPTION_KEY',
    optional: true,
    meaning:
      'Encrypts the stored keys of providers: 32 random bytes in base64 (openssl rand -base64 32), the same for every replica; older ones may follow after commas.',
  }),
  budgetedOutputTokens: integer({
    env: 'TREADLE_BUDGETED_OUTPUT_TOKENS',
    default: 4096,
    min: 1,
    max: 1_000_000,
    unit: 'tokens',
    meaning: 'The longest answer that is set aside in a budget for a call that sets no limit itself.',
  }),
});

/** The service's settings, read once. */
export type ModelProxyConfig = ConfigOf<typeof modelProxyConfig>;

/** What it needs besides as a process of its own. */
export const modelProxyProcessConfig = defineConfig({
  ...modelProxyConfig.settings,
  databaseUrl: secretUrl({
    env: 'DATABASE_URL',
    schemes: ['postgres', 'postgresql'],
    meaning: 'The PostgreSQL (15 or newer) that holds providers, prices, budgets and usage.',
  }),
  databaseConnections: integer({
    env: 'TREADLE_MODEL_PROXY_DATABASE_CONNECTIONS',
    default: 5,
    min: 3,
    max: 200,
    unit: 'connections',
    meaning: 'Most connections the model proxy opens to PostgreSQL.',
  }),
  natsUrl: secretUrl({
    env: 'NATS_URL',
    schemes: ['nats', 'tls'],
    meaning: 'Where the nats-server is, with user and password or token where it asks for them.',
  }),
  grpcAddress: string({
    env: 'TREADLE_MODEL_PROXY_GRPC',
    default: '127.0.0.1:50051',
    unit: 'host:port',
    meaning: 'Where the model proxy takes gRPC calls.',
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

export type ModelProxyProcessConfig = ConfigOf<typeof modelProxyProcessConfig>;
