import { boolean, type ConfigOf, defineConfig, integer, list, oneOf, secretUrl, string } from '@treadle/config';
import { filesUrl } from '@treadle/files';

/** What the executor needs to know wherever it runs. */
export const nodeExecutorConfig = defineConfig({
  pools: list({
    env: 'TREADLE_POOLS',
    default: ['default'],
    item: /^[A-Za-z0-9_-]+$/,
    meaning: 'Pools whose tasks this executor takes.',
  }),
  concurrency: integer({
    env: 'TREADLE_POOL_CONCURRENCY',
    default: 64,
    min: 1,
    max: 10_000,
    unit: 'tasks',
    meaning: 'How many tasks of each pool run at a time.',
  }),
  leaseSeconds: integer({
    env: 'TREADLE_TASK_LEASE_SECONDS',
    default: 15,
    min: 1,
    max: 3600,
    unit: 's',
    meaning:
      'After this much silence of an executor its tasks go to another one; the same for all executors of a pool.',
  }),
  shutdownGraceSeconds: integer({
    env: 'TREADLE_SHUTDOWN_GRACE_SECONDS',
    default: 20,
    min: 0,
    max: 3600,
    unit: 's',
    meaning: 'How long running tasks may take to end when the executor stops; then they are handed back.',
  }),
  maxValueBytes: integer({
    env: 'TREADLE_MAX_VALUE_BYTES',
    default: 50 * 1024 * 1024,
    min: 1024 * 1024,
    max: 1024 * 1024 * 1024,
    unit: 'bytes',
    meaning: 'Most bytes of large values (over 256 KiB) that one node may read, and that it may give.',
  }),
  codeTimeoutSeconds: integer({
    env: 'TREADLE_CODE_TIMEOUT_SECONDS',
    default: 60,
    min: 1,
    max: 3600,
    unit: 's',
    meaning: 'How long one call of the code of a code node may take; then it is stopped.',
  }),
  codeMemoryMb: integer({
    env: 'TREADLE_CODE_MEMORY_MB',
    default: 128,
    min: 8,
    max: 1024,
    unit: 'MiB',
    meaning: 'How much memory one call of the code of a code node may take, beside its interpreter.',
  }),
  codeJavascriptThreads: integer({
    env: 'TREADLE_CODE_JAVASCRIPT_THREADS',
    default: 2,
    min: 1,
    max: 256,
    unit: 'threads',
    meaning: 'How many calls of JavaScript of code nodes run at a time.',
  }),
  codePythonProcesses: integer({
    env: 'TREADLE_CODE_PYTHON_PROCESSES',
    default: 2,
    min: 1,
    max: 256,
    unit: 'processes',
    meaning:
      'How many calls of Python of code nodes run at a time, in processes of about 200 MB; one tenant to a process.',
  }),
  codePython: oneOf(['pyodide', 'cpython'], {
    env: 'TREADLE_CODE_PYTHON',
    default: 'pyodide',
    meaning:
      'What runs Python of code nodes. `cpython` has the packages of the image; it is no wall by itself, so only for a pool whose container is one.',
  }),
  codePythonPath: string({
    env: 'TREADLE_CODE_PYTHON_PATH',
    default: '/usr/bin/python3',
    unit: 'path',
    meaning: 'The CPython (3.9 or later) that TREADLE_CODE_PYTHON=cpython runs.',
  }),
  documentTimeoutSeconds: integer({
    env: 'TREADLE_DOCUMENT_TIMEOUT_SECONDS',
    default: 60,
    min: 1,
    max: 3600,
    unit: 's',
    meaning: 'How long one document of a document-extractor node may take to read; then it is given up.',
  }),
  documentMemoryMb: integer({
    env: 'TREADLE_DOCUMENT_MEMORY_MB',
    default: 512,
    min: 64,
    max: 8192,
    unit: 'MiB',
    meaning: 'How much memory the reading of one document may take.',
  }),
  documentProcesses: integer({
    env: 'TREADLE_DOCUMENT_PROCESSES',
    default: 2,
    min: 1,
    max: 256,
    unit: 'processes',
    meaning: 'How many documents are read at a time, each in a process of its own.',
  }),
  httpAllow: list({
    env: 'TREADLE_HTTP_ALLOW',
    default: [],
    meaning:
      'Private addresses, networks (10.0.0.0/8) and host names that requests of workflows may reach; `acme=` before one is for that tenant alone.',
  }),
  httpAllowUnverified: boolean({
    env: 'TREADLE_HTTP_ALLOW_UNVERIFIED',
    default: false,
    meaning: "Whether http-request nodes may switch off the check of a server's certificate.",
  }),
});

export type NodeExecutorConfig = ConfigOf<typeof nodeExecutorConfig>;

/** What it needs besides as a process of its own. */
export const nodeExecutorProcessConfig = defineConfig({
  ...nodeExecutorConfig.settings,
  natsUrl: secretUrl({
    env: 'NATS_URL',
    schemes: ['nats', 'tls'],
    meaning: 'Where the nats-server is, with user and password or token where it asks for them.',
  }),
  filesUrl,
  modelProxyAddress: string({
    env: 'TREADLE_MODEL_PROXY_GRPC',
    default: '127.0.0.1:50051',
    unit: 'host:port',
    meaning: 'Where the model proxy takes gRPC calls.',
  }),
  retrievalAddress: string({
    env: 'TREADLE_RETRIEVAL_GRPC',
    default: '127.0.0.1:50054',
    unit: 'host:port',
    meaning: 'Where retrieval takes gRPC calls.',
  }),
  toolRegistryAddress: string({
    env: 'TREADLE_TOOL_REGISTRY_GRPC',
    default: '127.0.0.1:50053',
    unit: 'host:port',
    meaning: 'Where the tool registry takes gRPC calls.',
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

export type NodeExecutorProcessConfig = ConfigOf<typeof nodeExecutorProcessConfig>;
