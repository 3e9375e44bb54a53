import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { readServiceTls } from '@treadle/config';
import { ModelAdminServiceService, ModelServiceService, RunDataServiceService } from '@treadle/contracts';
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
import { Accounts } from './accounts.js';
import { modelProxySchema } from './infra/migrations/index.js';
import type { ModelProxyProcessConfig } from './model-proxy.config.js';
import { ModelProxy, ModelProxyModule } from './model-proxy.module.js';

const connections = Symbol('connections');

interface Connections {
  readonly accounts: Accounts;
  readonly bus: MessageBus;
  readonly pool: Pool;
  readonly log: Logger;
}

/** The model proxy as its own process: the service, its gRPC server, its health endpoints, and the connections that are its own. */
@Module({})
export class AppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(connections) private readonly open: Connections) {}

  /** Resolves when NATS has been reached. The database is awaited later. */
  static async connect(config: ModelProxyProcessConfig, log: Logger): Promise<DynamicModule> {
    const tls = readServiceTls();
    const pool = createPool(config.databaseUrl.reveal(), {
      schema: modelProxySchema,
      log,
      max: config.databaseConnections,
    });
    const bus = await NatsBus.connect({ url: config.natsUrl.reveal(), name: 'model-proxy', log, tls });
    const health = new HealthRegistry();
    const metrics = new Metrics();
    watchHealth(metrics, 'model-proxy', health);
    watchConnections(metrics, 'model-proxy', pool);
    const accounts = new Accounts({ config, pool, bus, log, health });
    const modelProxy = new ModelProxy({
      config,
      log,
      money: accounts.meter,
      store: accounts.setup,
      cache: accounts.cache,
      metrics,
    });
    const grpcServer = GrpcServerModule.register({
      imports: [ModelProxyModule.register(modelProxy)],
      inject: [ModelProxy],
      useFactory: ({ controller }: ModelProxy) => ({
        address: config.grpcAddress,
        tls,
        services: [
          served(ModelServiceService, controller),
          served(ModelAdminServiceService, accounts.admin),
          served(RunDataServiceService, accounts.runData),
        ],
        log,
        onCall: callCounter(metrics),
      }),
    });
    const open: Connections = { accounts, bus, pool, log };
    const providers = [{ provide: connections, useValue: open }];
    return {
      module: AppModule,
      imports: [grpcServer, HealthModule.forRoot(health), MetricsModule.forRoot(metrics)],
      providers,
    };
  }

  /** Does not wait: health answers while the database is awaited. */
  onApplicationBootstrap(): void {
    const { accounts, log } = this.open;
    accounts.start().catch((error: unknown) => log.error({ err: error }, 'the accounts cannot be opened'));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.open.accounts.stop();
    await this.open.bus.close();
    await this.open.pool.end();
  }
}
