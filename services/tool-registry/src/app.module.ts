import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { readServiceTls } from '@treadle/config';
import {
  RunDataServiceService,
  RunServiceService,
  ToolAdminServiceService,
  ToolServiceService,
  WorkflowServiceService,
} from '@treadle/contracts';
import { GrpcServerModule, grpcClient, served } from '@treadle/grpc';
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
import { toolRegistrySchema } from './infra/migrations/index.js';
import type { ToolRegistryProcessConfig } from './tool-registry.config.js';
import { ToolRegistry } from './tool-registry.js';
import { ToolRegistryModule } from './tool-registry.module.js';

const connections = Symbol('connections');

interface Connections {
  readonly toolRegistry: ToolRegistry;
  readonly pool: Pool;
  readonly clients: readonly { close(): void }[];
  readonly log: Logger;
}

/** The tool registry as its own process: the service, its gRPC server, its health endpoints, and the connections that are its own. */
@Module({})
export class AppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(connections) private readonly open: Connections) {}

  static connect(config: ToolRegistryProcessConfig, log: Logger): DynamicModule {
    const tls = readServiceTls();
    const { databaseConnections: max } = config;
    const pool = createPool(config.databaseUrl.reveal(), { schema: toolRegistrySchema, log, max });
    const health = new HealthRegistry();
    const metrics = new Metrics();
    watchHealth(metrics, 'tool-registry', health);
    watchConnections(metrics, 'tool-registry', pool);
    const orchestrator = { tls, address: config.orchestratorAddress };
    const clients = {
      runs: grpcClient(RunServiceService, orchestrator),
      workflows: grpcClient(WorkflowServiceService, orchestrator),
    };
    const toolRegistry = new ToolRegistry({ config, pool, ...clients, log, health });
    const grpcServer = GrpcServerModule.register({
      imports: [ToolRegistryModule.register(toolRegistry)],
      inject: [ToolRegistry],
      useFactory: ({ controllers }: ToolRegistry) => ({
        address: config.grpcAddress,
        tls,
        services: [
          served(ToolServiceService, controllers.tools),
          served(ToolAdminServiceService, controllers.admin),
          served(RunDataServiceService, controllers.runData),
        ],
        log,
        onCall: callCounter(metrics),
      }),
    });
    const open: Connections = { toolRegistry, pool, clients: Object.values(clients), log };
    const providers = [{ provide: connections, useValue: open }];
    return {
      module: AppModule,
      imports: [grpcServer, HealthModule.forRoot(health), MetricsModule.forRoot(metrics)],
      providers,
    };
  }

  /** Does not wait: health answers while the database is awaited. */
  onApplicationBootstrap(): void {
    const { toolRegistry, log } = this.open;
    toolRegistry.start().catch((error: unknown) => log.error({ err: error }, 'the tool registry cannot start'));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.open.toolRegistry.stop();
    for (const client of this.open.clients) client.close();
    await this.open.pool.end();
  }
}
