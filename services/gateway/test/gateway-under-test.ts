import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  ConversationServiceService,
  DatasetServiceService,
  ErasureServiceService,
  FeedbackServiceService,
  LabelServiceService,
  ModelAdminServiceService,
  RetentionServiceService,
  RetrievalServiceService,
  RunContinuationServiceService,
  RunServiceService,
  ToolAdminServiceService,
  ToolServiceService,
  UpkeepServiceService,
  WorkflowServiceService,
} from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { MemoryFileStore } from '@treadle/files';
import { inProcessHandlers } from '@treadle/grpc';
import { InProcessBus, type MessageBus } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import { HealthModule, Metrics } from '@treadle/telemetry';
import { testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import type { DeclaredRoute } from '../src/api/auth/route-table.js';
import type {
  Approvals,
  Datasets,
  Entries,
  Erasures,
  Feedbacks,
  Labels,
  ModelAdmin,
  Models,
  Retention,
  Retrieval,
  StoredFiles,
  StoreUpkeep,
  ToolAdmin,
  Tools,
} from '../src/domain/ports.js';
import type { HttpSettings } from '../src/http-settings.js';
import type { IdentitySettings } from '../src/identity-settings.js';
import {
  GatewayModule,
  gatewayAdapter,
  gatewayConfig,
  gatewaySchema,
  httpSettings,
  parseRates,
  setUpGateway,
} from '../src/index.js';
import { FakeConversations } from './fake-conversations.js';
import { FakeOrchestrator } from './fake-orchestrator.js';

export const apiKey = 'tk_for_specs';

/** The real gateway on a real port and database, before a fake orchestrator. */
export interface GatewayUnderTest {
  readonly url: string;
  readonly orchestrator: FakeOrchestrator;
  readonly conversations: FakeConversations;
  readonly bus: MessageBus;
  readonly pool: Pool;
  readonly files: MemoryFileStore;
  readonly firstKeys: string[];
  readonly keyEncryptionKey: string;
  readonly connectionString: string;
  /** Every route of the running server. */
  readonly routes: readonly DeclaredRoute[];
  models: Models;
  /** Calls the API with the key. */
  call(path: string, options?: RequestInit): Promise<Response>;
  /** Stops it as a signal to the process would. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

const away = async () => {
  throw FailureError.of('unavailable', 'The model proxy is away.');
};

export const noModels: Models = {
  chat: () => {
    throw FailureError.of('unavailable', 'The model proxy is away.');
  },
  embed: away,
  listModels: away,
  resolveModel: away,
};

/** The specs of uploads run against the real orchestrator. */
const noFiles: StoredFiles = { registerFile: away, getFile: away, deleteFile: away };

/** The specs of what the proxy and the tool registry are set up with run against the real ones. */
const noModelAdmin = allAway<ModelAdmin>(ModelAdminServiceService);
const noTools = allAway<Tools>(ToolServiceService);
const noToolAdmin = allAway<ToolAdmin>(ToolAdminServiceService);

function allAway<Port>(definition: object): Port {
  return Object.fromEntries(Object.keys(definition).map((name) => [name, away])) as Port;
}

/** Nobody is asked anything here: the specs of approvals run against the real orchestrator. */
const noApprovals: Approvals = {
  listApprovals: async () => ({ approvals: [], nextCursor: '' }),
  getApproval: away,
  answerApproval: away,
};

/** Nor does anything begin by itself: the specs of webhooks and schedules run against the real orchestrator. */
const noEntries: Entries = {
  receiveWebhook: away,
  listWebhooks: away,
  rotateWebhookSecret: away,
  listSchedules: away,
  setSchedulePaused: away,
};

/** Nobody beyond the API key, unless a spec says so. */
const identity: IdentitySettings = {
  keyEncryptionKey: randomBytes(32).toString('base64'),
  issuer: 'treadle-specs',
  owner: undefined,
  openId: undefined,
};

/** @param key `null` leaves the first key to the gateway. @param address a database that is there already. */
export async function startGateway(
  key: string | null = apiKey,
  address?: string,
  settings: Partial<IdentitySettings> = {},
  httpGiven: Partial<HttpSettings> = {},
  rateLimits: readonly string[] = [],
): Promise<GatewayUnderTest> {
  const database = address === undefined ? await testDatabase() : undefined;
  const connectionString = address ?? database!.connectionString;
  const pool = createPool(connectionString, { schema: gatewaySchema, connectionTimeoutMs: 1000 });
  const bus = new InProcessBus();
  const orchestrator = new FakeOrchestrator(bus);
  const files = new MemoryFileStore();
  const conversations = new FakeConversations();
  const firstKeys: string[] = [];
  const state = { models: noModels };

  @Module({
    imports: [
      HealthModule.forRoot(),
      GatewayModule.register({
        imports: [],
        inject: [],
        useFactory: () => ({
          runs: inProcessHandlers(RunServiceService, orchestrator.runService, () => undefined),
          continuations: inProcessHandlers(
            RunContinuationServiceService,
            orchestrator.continuationService,
            () => undefined,
          ),
          workflows: inProcessHandlers(WorkflowServiceService, orchestrator.workflowService, () => undefined),
          conversations: inProcessHandlers(ConversationServiceService, conversations, () => undefined),
          models: {
            ...noModels,
            chat: (...question) => state.models.chat(...question),
            listModels: (...question) => state.models.listModels(...question),
            resolveModel: (...question) => state.models.resolveModel(...question),
          },
          modelAdmin: noModelAdmin,
          datasets: allAway<Datasets>(DatasetServiceService),
          labels: allAway<Labels>(LabelServiceService),
          retrieval: allAway<Retrieval>(RetrievalServiceService),
          storeUpkeep: allAway<StoreUpkeep>(UpkeepServiceService),
          tools: noTools,
          toolAdmin: noToolAdmin,
          approvals: noApprovals,
          entries: noEntries,
          erasures: allAway<Erasures>(ErasureServiceService),
          retention: allAway<Retention>(RetentionServiceService),
          runData: [],
          feedback: allAway<Feedbacks>(FeedbackServiceService),
          publicUrl: '',
          rates: parseRates(rateLimits),
          identity: { ...identity, ...settings },
          bus,
          pool,
          files,
          storedFiles: noFiles,
          maxUploadBytes: 1024,
          auditDays: 0,
          repeatSeconds: 10,
          apiKey: key ?? undefined,
          onFirstKey: (made) => firstKeys.push(made),
        }),
      }),
    ],
  })
  class SpecModule {}

  const options = { bodyParser: false, logger: false } as const;
  const http = { ...httpSettings(gatewayConfig.read({})), ...httpGiven };
  const app = await NestFactory.create<NestFastifyApplication>(SpecModule, gatewayAdapter(http), {
    ...options,
    ...(http.tls && { httpsOptions: {} }),
  });
  setUpGateway(app, http, new Metrics());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= app.close());
  return Object.assign(state, {
    url,
    orchestrator,
    conversations,
    bus,
    pool,
    files,
    firstKeys,
    keyEncryptionKey: settings.keyEncryptionKey ?? identity.keyEncryptionKey ?? '',
    connectionString,
    routes: app.getHttpAdapter().getInstance().declaredRoutes,
    call: (path: string, request: RequestInit = {}) => {
      const headers = {
        authorization: `Bearer ${key ?? firstKeys[0]}`,
        ...(request.headers as Record<string, string>),
      };
      return fetch(`${url}${path}`, { ...request, headers });
    },
    stop,
    close: async () => {
      await stop();
      if (!pool.ended) await pool.end();
      await database?.drop();
    },
  });
}

/** A chat of one model, as a document. */
export const chatDocument = {
  format: 'treadle/v1',
  name: 'chat',
  kind: 'chat',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'llm',
      type: 'llm',
      config: {
        model: { provider: 'demo', name: 'demo' },
        prompt_template: [{ role: 'user', text: '{{#sys.query#}}' }],
      },
    },
    { id: 'answer', type: 'answer', config: { answer: 'Q {{#sys.query#}}: {{#llm.text#}}!' } },
  ],
  edges: [
    { source: 'start', target: 'llm' },
    { source: 'llm', target: 'answer' },
  ],
};
