import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { readServiceTls } from '@treadle/config';
import {
  ApprovalServiceService,
  ConversationServiceService,
  EntryServiceService,
  ErasureServiceService,
  FeedbackServiceService,
  FileServiceService,
  RetentionServiceService,
  RunContinuationServiceService,
  RunServiceService,
  WorkflowServiceService,
} from '@treadle/contracts';
import { openFileStore } from '@treadle/files';
import { GrpcServerModule, served } from '@treadle/grpc';
import { type MessageBus, NatsBus } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import {
  callCounter,
  HealthModule,
  HealthRegistry,
  type Logger,
  Metrics,
  MetricsModule,
  watchConnections,
  watchHealth,
} from '@treadle/telemetry';
import type { Pool } from 'pg';
import { schemaName } from './infra/database.js';
import type { OrchestratorProcessConfig } from './orchestrator.config.js';
import { Orchestrator } from './orchestrator.js';
import { OrchestratorModule } from './orchestrator.module.js';

const connections = Symbol('connections');

interface Connections {
  readonly bus: MessageBus;
  readonly pool: Pool;
}

/** The orchestrator as its own process: the service, its gRPC server, its health, and the connections that are its own. */
@Module({})
export class AppModule implements OnApplicationShutdown {
  constructor(@Inject(connections) private readonly open: Connections) {}

  /** Resolves when NATS has been reached. The database is awaited later, by the service itself. */
  static async connect(config: OrchestratorProcessConfig, log: Logger): Promise<DynamicModule> {
    const tls = readServiceTls();
    const pool = createPool(config.databaseUrl.reveal(), {
      schema: schemaName,
      log,
      max: config.databaseConnections,
    });
    const files = await openFileStore(config.filesUrl.reveal());
    const bus = await NatsBus.connect({ url: config.natsUrl.reveal(), name: 'orchestrator', log, tls });
    const health = new HealthRegistry();
    const metrics = new Metrics();
    watchHealth(metrics, 'orchestrator', health);
    watchConnections(metrics, 'orchestrator', pool);
    const orchestrator = new Orchestrator({ config, pool, bus, files, log, health, metrics, alone: false });
    const grpcServer = GrpcServerModule.register({
      imports: [OrchestratorModule.register(orchestrator)],
      inject: [Orchestrator],
      useFactory: ({ controllers }: Orchestrator) => ({
        log,
        onCall: callCounter(metrics),
        address: config.grpcAddress,
        tls,
        services: [
          served(RunServiceService, controllers.runs),
          served(RunContinuationServiceService, controllers.continuations),
          served(WorkflowServiceService, controllers.workflows),
          served(ApprovalServiceService, controllers.approvals),
          served(ConversationServiceService, controllers.conversations),
          served(EntryServiceService, controllers.entries),
          served(FileServiceService, controllers.files),
          served(FeedbackServiceService, controllers.feedback),
          served(ErasureServiceService, controllers.erasures),
          served(RetentionServiceService, controllers.retention),
        ],
      }),
    });
    const providers = [{ provide: connections, useValue: { bus, pool } }];
    return {
      module: AppModule,
      imports: [HealthModule.forRoot(health), MetricsModule.forRoot(metrics), grpcServer],
      providers,
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.open.bus.close();
    await this.open.pool.end();
  }
}
