import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { readServiceTls } from '@treadle/config';
import {
  DatasetServiceService,
  LabelServiceService,
  ModelServiceService,
  RetrievalServiceService,
  UpkeepServiceService,
} from '@treadle/contracts';
import { openFileStore } from '@treadle/files';
import { GrpcServerModule, grpcClient, served } from '@treadle/grpc';
import { NatsBus } from '@treadle/messaging';
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
import { retrievalSchema } from './infra/migrations/index.js';
import type { RetrievalProcessConfig } from './retrieval.config.js';
import { Retrieval } from './retrieval.js';
import { RetrievalModule } from './retrieval.module.js';

const connections = Symbol('connections');

interface Connections {
  readonly retrieval: Retrieval;
  readonly closers: readonly (() => unknown)[];
  readonly log: Logger;
}

/** How long a call for vectors may take: a batch on a slow machine takes its time. */
const modelDeadlineMs = 300_000;

/** Retrieval as its own process: the service, its gRPC server, its health endpoints, and the connections that are its own. */
@Module({})
export class AppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(connections) private readonly open: Connections) {}

  /** Resolves when NATS has been reached. The database is awaited later. */
  static async connect(config: RetrievalProcessConfig, log: Logger): Promise<DynamicModule> {
    const tls = readServiceTls();
    const max = config.databaseConnections;
    const pool = createPool(config.databaseUrl.reveal(), { schema: retrievalSchema, log, max });
    const models = grpcClient(ModelServiceService, {
      tls,
      address: config.modelProxyAddress,
      deadlineMs: modelDeadlineMs,
    });
    const bus = await NatsBus.connect({ url: config.natsUrl.reveal(), name: 'retrieval', log, tls });
    const files = await openFileStore(config.filesUrl.reveal());
    const health = new HealthRegistry();
    const metrics = new Metrics();
    watchHealth(metrics, 'retrieval', health);
    watchConnections(metrics, 'retrieval', pool);
    const retrieval = new Retrieval({ config, pool, bus, files, models, log, health });
    const { controllers } = retrieval;
    const grpcServer = GrpcServerModule.register({
      imports: [RetrievalModule.register(retrieval)],
      inject: [],
      useFactory: () => ({
        address: config.grpcAddress,
        tls,
        services: [
          served(DatasetServiceService, controllers.datasets),
          served(LabelServiceService, controllers.labels),
          served(RetrievalServiceService, controllers.retrieval),
          served(UpkeepServiceService, controllers.upkeep),
        ],
        log,
        onCall: callCounter(metrics),
      }),
    });
    const closers = [() => models.close(), () => bus.close(), () => pool.end()];
    const providers = [{ provide: connections, useValue: { retrieval, closers, log } satisfies Connections }];
    return {
      module: AppModule,
      imports: [grpcServer, HealthModule.forRoot(health), MetricsModule.forRoot(metrics)],
      providers,
    };
  }

  /** Does not wait: health answers while the database is awaited. */
  onApplicationBootstrap(): void {
    const { retrieval, log } = this.open;
    retrieval.start().catch((error: unknown) => log.error({ err: error }, 'retrieval cannot start'));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.open.retrieval.stop();
    for (const close of this.open.closers) await close();
  }
}
