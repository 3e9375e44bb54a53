import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  ApprovalServiceService,
  ConversationServiceService,
  DatasetServiceService,
  EntryServiceService,
  ErasureServiceService,
  FeedbackServiceService,
  FileServiceService,
  LabelServiceService,
  ModelAdminServiceService,
  ModelServiceService,
  RetentionServiceService,
  RetrievalServiceService,
  RunContinuationServiceService,
  RunDataServiceService,
  RunServiceService,
  ToolAdminServiceService,
  ToolServiceService,
  UpkeepServiceService,
  WorkflowServiceService,
} from '@treadle/contracts';
import { type FileStore, openFileStore } from '@treadle/files';
import {
  GatewayModule,
  type GatewayPorts,
  gatewayAdapter,
  gatewaySchema,
  httpSettings,
  identitySettings,
  parseRates,
  setUpGateway,
} from '@treadle/gateway';
import { type AnyService, type Handlers, inProcessHandlers } from '@treadle/grpc';
import { InProcessBus, type MessageBus } from '@treadle/messaging';
import { Accounts, ModelProxy, ModelProxyModule, modelProxySchema } from '@treadle/model-proxy';
import { NodeExecutorModule } from '@treadle/node-executor';
import { Orchestrator, OrchestratorModule, orchestratorSchema } from '@treadle/orchestrator';
import { createPool } from '@treadle/persistence';
import { Retrieval, RetrievalModule, retrievalSchema } from '@treadle/retrieval';
import {
  createLogger,
  HealthModule,
  HealthRegistry,
  type Logger,
  Metrics,
  MetricsServer,
  NestLogger,
  watchConnections,
  watchHealth,
} from '@treadle/telemetry';
import { ToolRegistry, ToolRegistryModule, toolRegistrySchema } from '@treadle/tool-registry';
import type { Pool } from 'pg';
import { openDatabase } from './database.js';
import { filesUrlOr } from './files-url.js';
import { readSettings, type Settings } from './settings.js';

/** A running standalone. */
export interface Standalone {
  /** Where the API answers, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The first key, on the very first start only. */
  readonly firstKey: string | undefined;
  /** Takes no more work, ends what it has, stops everything. */
  stop(): Promise<void>;
}

/** What the services share. */
interface Shared {
  readonly settings: Settings;
  readonly log: Logger;
  readonly bus: MessageBus;
  readonly files: FileStore;
  readonly orchestratorPool: Pool;
  readonly gatewayPool: Pool;
  readonly toolRegistryPool: Pool;
  readonly retrievalPool: Pool;
  readonly accounts: Accounts;
  readonly health: HealthRegistry;
  readonly metrics: Metrics;
}

/**
 * Starts every service in this process: calls between them are calls of methods, the bus is in memory, and PostgreSQL is our own
 * child unless `DATABASE_URL` names another. Durable all the same: a killed standalone goes on where it was.
 */
export async function startStandalone(environment: NodeJS.ProcessEnv): Promise<Standalone> {
  const settings = readSettings(environment);
  const log = createLogger({ service: 'standalone', pretty: process.stderr.isTTY });
  const { dataDir, databaseUrl, filesUrl } = settings.standalone;
  const files = await openFileStore(filesUrlOr(filesUrl?.reveal(), dataDir));
  const database = await openDatabase(databaseUrl?.reveal(), dataDir);
  const pool = (schema: string) => createPool(database.connectionString, { schema, log });
  const pools = {
    orchestratorPool: pool(orchestratorSchema),
    gatewayPool: pool(gatewaySchema),
    modelProxyPool: pool(modelProxySchema),
    toolRegistryPool: pool(toolRegistrySchema),
    retrievalPool: pool(retrievalSchema),
  };
  const bus = new InProcessBus({ log });
  const health = new HealthRegistry();
  const metrics = new Metrics();
  watchHealth(metrics, 'standalone', health);
  for (const [name, one] of Object.entries(pools)) watchConnections(metrics, serviceOf(name), one);
  const accounts = new Accounts({ config: settings.modelProxy, pool: pools.modelProxyPool, bus, log, health });
  const shared = { settings, log, bus, files, ...pools, accounts, health, metrics };
  let shown: MetricsServer | undefined;
  const closeAll = async () => {
    await shown?.close();
    await accounts.stop();
    await bus.close();
    await Promise.all(Object.values(pools).map((one) => one.end()));
    await database.stop();
  };
  try {
    const { metricsPort, host } = settings.gateway;
    if (metricsPort !== undefined) shown = await MetricsServer.listen(metrics, metricsPort, host);
    const { app, firstKey } = await compose(shared);
    const stop = async () => {
      await app.close();
      await closeAll();
    };
    return { url: await app.getUrl(), firstKey, stop };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** `modelProxyPool` is the pool of `model-proxy`. */
function serviceOf(pool: string): string {
  return pool.replace(/Pool$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function compose(shared: Shared): Promise<{ app: NestFastifyApplication; firstKey: string | undefined }> {
  const { settings, log, accounts } = shared;
  await accounts.start();
  let firstKey: string | undefined;
  const root = rootModule(shared, (key) => {
    firstKey = key;
  });
  const http = httpSettings(settings.gateway);
  const app = await NestFactory.create<NestFastifyApplication>(root, gatewayAdapter(http), {
    logger: new NestLogger(log),
    bodyParser: false,
    // Nest asks this only when it says where it listens.
    ...(http.tls && { httpsOptions: {} }),
  });
  setUpGateway(app, http, shared.metrics);
  await app.init();
  await app.get(Retrieval, { strict: false }).start();
  await app.get(ToolRegistry, { strict: false }).start();
  await app.get(Orchestrator, { strict: false }).start();
  // Last, so that nobody is answered before the tables are there.
  await app.listen(settings.gateway.httpPort, settings.gateway.host);
  return { app, firstKey };
}

/** The one place where the services meet. */
function rootModule(shared: Shared, onFirstKey: (key: string) => void): DynamicModule {
  const { settings, log, bus, files, accounts, health, metrics } = shared;
  const here = callsIn(log);
  const common = { bus, files, log, health, metrics };
  const orchestrator = new Orchestrator({
    ...common,
    config: settings.orchestrator,
    pool: shared.orchestratorPool,
    alone: true,
  });
  const modelProxy = new ModelProxy({
    config: settings.modelProxy,
    log,
    money: accounts.meter,
    store: accounts.setup,
    cache: accounts.cache,
    metrics,
  });
  const models = here(ModelServiceService, modelProxy.controller);
  const fromOrchestrator = orchestratorPorts(here, orchestrator);
  const { runs, workflows } = fromOrchestrator;
  const toolRegistry = new ToolRegistry({
    config: settings.toolRegistry,
    pool: shared.toolRegistryPool,
    ...{ runs, workflows, log, health },
  });
  const retrieval = new Retrieval({ ...common, config: settings.retrieval, pool: shared.retrievalPool, models });
  const tools = here(ToolServiceService, toolRegistry.controllers.tools);
  const ports: GatewayPorts = {
    ...fromOrchestrator,
    models,
    modelAdmin: here(ModelAdminServiceService, accounts.admin),
    tools,
    runData: [accounts.runData, toolRegistry.controllers.runData].map((one) => here(RunDataServiceService, one)),
    toolAdmin: here(ToolAdminServiceService, toolRegistry.controllers.admin),
    ...retrievalPorts(here, retrieval),
    ...ownPorts(shared, onFirstKey),
  };
  return {
    module: class Root {},
    imports: [
      HealthModule.forRoot(health),
      ModelProxyModule.register(modelProxy),
      RetrievalModule.register(retrieval),
      ToolRegistryModule.register(toolRegistry),
      OrchestratorModule.register(orchestrator),
      NodeExecutorModule.register({
        ...common,
        config: settings.nodeExecutor,
        models,
        tools,
        knowledge: ports.retrieval,
      }),
      GatewayModule.register({ imports: [], inject: [], useFactory: () => ports }),
    ],
  };
}

/** What the gateway is given beside the services. */
function ownPorts({ settings, bus, files, gatewayPool }: Shared, onFirstKey: (key: string) => void) {
  return {
    bus,
    files,
    maxUploadBytes: settings.gateway.maxUploadBytes,
    auditDays: settings.gateway.auditDays,
    repeatSeconds: settings.gateway.repeatSeconds,
    pool: gatewayPool,
    identity: identitySettings(settings.gateway),
    publicUrl: settings.gateway.publicUrl,
    rates: parseRates(settings.gateway.rateLimits),
    onFirstKey,
    ...(settings.gateway.apiKey ? { apiKey: settings.gateway.apiKey.reveal() } : {}),
  };
}

/** Offers a controller of this process the way a client of another process would. */
function callsIn(log: Logger) {
  return <D extends AnyService>(definition: D, controller: Handlers<D>) =>
    inProcessHandlers(definition, controller, (path, error) => log.error({ err: error, path }, 'a call met a bug'));
}

function retrievalPorts(here: ReturnType<typeof callsIn>, { controllers }: Retrieval) {
  return {
    datasets: here(DatasetServiceService, controllers.datasets),
    labels: here(LabelServiceService, controllers.labels),
    retrieval: here(RetrievalServiceService, controllers.retrieval),
    storeUpkeep: here(UpkeepServiceService, controllers.upkeep),
  };
}

function orchestratorPorts(here: ReturnType<typeof callsIn>, { controllers }: Orchestrator) {
  return {
    runs: here(RunServiceService, controllers.runs),
    storedFiles: here(FileServiceService, controllers.files),
    continuations: here(RunContinuationServiceService, controllers.continuations),
    workflows: here(WorkflowServiceService, controllers.workflows),
    approvals: here(ApprovalServiceService, controllers.approvals),
    conversations: here(ConversationServiceService, controllers.conversations),
    entries: here(EntryServiceService, controllers.entries),
    erasures: here(ErasureServiceService, controllers.erasures),
    retention: here(RetentionServiceService, controllers.retention),
    feedback: here(FeedbackServiceService, controllers.feedback),
  };
}
