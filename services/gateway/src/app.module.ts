import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { readServiceTls } from '@treadle/config';
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
import { openFileStore } from '@treadle/files';
import { grpcClient } from '@treadle/grpc';
import { NatsBus } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import {
  HealthModule,
  HealthRegistry,
  type Logger,
  type Metrics,
  MetricsServer,
  watchConnections,
  watchHealth,
} from '@treadle/telemetry';
import { parseRates } from './domain/rate-limits/rate-limit.js';
import type { GatewayProcessConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import { identitySettings } from './identity-settings.js';
import { gatewaySchema } from './infra/migrations/index.js';

/** A tool may be given this long by its policy. */
const longestToolCallMs = 3_600_000;
/** Verifying some thousand points, and writing those that differ. */
const verifyDeadlineMs = 120_000;

const CLOSERS = Symbol('CLOSERS');

/** The gateway as its own process: the service, its health, and the connections that are its own. */
@Module({})
export class AppModule implements OnApplicationShutdown {
  constructor(@Inject(CLOSERS) private readonly closers: readonly (() => unknown)[]) {}

  /** Resolves when NATS has been reached. The database is awaited later, by the service itself. */
  static async connect(config: GatewayProcessConfig, log: Logger, metrics: Metrics): Promise<DynamicModule> {
    const tls = readServiceTls();
    const max = config.databaseConnections;
    const pool = createPool(config.databaseUrl.reveal(), { schema: gatewaySchema, log, max });
    const { runData, ...clients } = clientsOf(config, tls);
    const files = await openFileStore(config.filesUrl.reveal());
    const bus = await NatsBus.connect({ url: config.natsUrl.reveal(), name: 'gateway', log, tls });
    const { publicUrl, maxUploadBytes, auditDays, repeatSeconds } = config;
    const identity = identitySettings(config);
    const given = {
      publicUrl,
      rates: parseRates(config.rateLimits),
      maxUploadBytes,
      auditDays,
      repeatSeconds,
      identity,
      apiKey: config.apiKey?.reveal(),
      onFirstKey: showFirstKey,
    };
    const gateway = GatewayModule.register({
      imports: [],
      inject: [],
      useFactory: () => ({ ...clients, runData, bus, pool, files, ...given }),
    });
    const health = new HealthRegistry();
    watchHealth(metrics, 'gateway', health);
    watchConnections(metrics, 'gateway', pool);
    const { metricsPort, host } = config;
    const shown = metricsPort === undefined ? undefined : await MetricsServer.listen(metrics, metricsPort, host);
    const closers = [
      ...[...Object.values(clients), ...runData].map((client) => () => client.close()),
      () => bus.close(),
      () => pool.end(),
      () => shown?.close(),
    ];
    const providers = [{ provide: CLOSERS, useValue: closers }];
    return { module: AppModule, imports: [HealthModule.forRoot(health), gateway], providers };
  }

  async onApplicationShutdown(): Promise<void> {
    for (const close of this.closers) await close();
  }
}

/** A client for each service of the others. Closing them is their taker's. */
function clientsOf(config: GatewayProcessConfig, tls: ReturnType<typeof readServiceTls>) {
  const orchestrator = { tls, address: config.orchestratorAddress };
  const modelProxy = { tls, address: config.modelProxyAddress };
  const toolRegistry = { tls, address: config.toolRegistryAddress, deadlineMs: longestToolCallMs };
  const retrieval = { tls, address: config.retrievalAddress };
  const clients = {
    runs: grpcClient(RunServiceService, orchestrator),
    continuations: grpcClient(RunContinuationServiceService, orchestrator),
    workflows: grpcClient(WorkflowServiceService, orchestrator),
    approvals: grpcClient(ApprovalServiceService, orchestrator),
    conversations: grpcClient(ConversationServiceService, orchestrator),
    entries: grpcClient(EntryServiceService, orchestrator),
    erasures: grpcClient(ErasureServiceService, orchestrator),
    retention: grpcClient(RetentionServiceService, orchestrator),
    feedback: grpcClient(FeedbackServiceService, orchestrator),
    storedFiles: grpcClient(FileServiceService, orchestrator),
    datasets: grpcClient(DatasetServiceService, retrieval),
    labels: grpcClient(LabelServiceService, retrieval),
    retrieval: grpcClient(RetrievalServiceService, retrieval),
    storeUpkeep: grpcClient(UpkeepServiceService, { ...retrieval, deadlineMs: verifyDeadlineMs }),
    models: grpcClient(ModelServiceService, modelProxy),
    modelAdmin: grpcClient(ModelAdminServiceService, modelProxy),
    tools: grpcClient(ToolServiceService, toolRegistry),
    toolAdmin: grpcClient(ToolAdminServiceService, toolRegistry),
  };
  const runData = [grpcClient(RunDataServiceService, modelProxy), grpcClient(RunDataServiceService, toolRegistry)];
  return { ...clients, runData };
}

/** Not through the log: it is kept, and this is a secret. */
function showFirstKey(key: string): void {
  process.stdout.write(`The first API key, shown only this once: ${key}\n`);
}
