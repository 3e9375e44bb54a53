import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { readServiceTls } from '@treadle/config';
import { ModelServiceService, RetrievalServiceService, ToolServiceService } from '@treadle/contracts';
import { openFileStore } from '@treadle/files';
import { grpcClient } from '@treadle/grpc';
import { type MessageBus, NatsBus } from '@treadle/messaging';
import { HealthModule, HealthRegistry, type Logger, Metrics, MetricsModule, watchHealth } from '@treadle/telemetry';
import type { NodeExecutorProcessConfig } from './node-executor.config.js';
import { NodeExecutorModule } from './node-executor.module.js';

const BUS = Symbol('BUS');
const MODELS = Symbol('MODELS');
const TOOLS = Symbol('TOOLS');
const KNOWLEDGE = Symbol('KNOWLEDGE');

/** A tool may work for as long as its task has time; the task's own end stops the call. */
const longestCallMs = 24 * 3_600_000;

/** The executor as its own process: on NATS, with the model proxy and the tool registry over gRPC and health endpoints. */
@Module({})
export class AppModule implements OnApplicationShutdown {
  constructor(
    @Inject(BUS) private readonly bus: MessageBus,
    @Inject(MODELS) private readonly models: { close(): void },
    @Inject(TOOLS) private readonly tools: { close(): void },
    @Inject(KNOWLEDGE) private readonly knowledge: { close(): void },
  ) {}

  /** Resolves when NATS has been reached. */
  static async connect(config: NodeExecutorProcessConfig, logger: Logger): Promise<DynamicModule> {
    const tls = readServiceTls();
    const files = await openFileStore(config.filesUrl.reveal());
    const bus = await NatsBus.connect({ url: config.natsUrl.reveal(), name: 'node-executor', log: logger, tls });
    const models = grpcClient(ModelServiceService, { tls, address: config.modelProxyAddress });
    const tools = grpcClient(ToolServiceService, {
      tls,
      address: config.toolRegistryAddress,
      deadlineMs: longestCallMs,
    });
    const knowledge = grpcClient(RetrievalServiceService, { tls, address: config.retrievalAddress });
    const health = new HealthRegistry();
    const metrics = new Metrics();
    watchHealth(metrics, 'node-executor', health);
    health.register('executor bus', async () => {
      if (!bus.isReady()) throw new Error('NATS is not connected; the connection is being made again.');
    });
    return {
      module: AppModule,
      imports: [
        HealthModule.forRoot(health),
        MetricsModule.forRoot(metrics),
        NodeExecutorModule.register({ config, bus, models, tools, knowledge, files, log: logger, metrics }),
      ],
      providers: [
        { provide: BUS, useValue: bus },
        { provide: MODELS, useValue: models },
        { provide: TOOLS, useValue: tools },
        { provide: KNOWLEDGE, useValue: knowledge },
      ],
    };
  }

  /** Last of all: tasks have been handed back by then. */
  async onApplicationShutdown(): Promise<void> {
    this.models.close();
    this.tools.close();
    this.knowledge.close();
    await this.bus.close();
  }
}
