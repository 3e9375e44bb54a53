import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ModelController, type ModelProxyLog } from './api/model.controller.js';
import { freeOfCharge } from './domain/free-of-charge.js';
import type { MoneyGate } from './domain/money-gate.js';
import { Pipeline } from './domain/pipeline.js';
import { Registry } from './domain/registry.js';
import type { ModelProxyConfig } from './model-proxy.config.js';
import { configuredProviders } from './providers/catalog.js';

export interface ModelProxyOptions {
  readonly config: ModelProxyConfig;
  readonly log: ModelProxyLog;
  /** Default: every call is let through, and no accounts are kept. */
  readonly money?: MoneyGate;
}

/** The service with its ports tied to their adapters: its calls, and the connections to close after them. */
export class ModelProxy {
  readonly controller: ModelController;
  private readonly registry: Registry;

  constructor({ config, log, money = freeOfCharge }: ModelProxyOptions) {
    this.registry = new Registry(configuredProviders(config));
    const defaultModel = config.defaultModel ?? '';
    const pipeline = new Pipeline({ registry: this.registry, defaultModel, money });
    this.controller = new ModelController(pipeline, this.registry, defaultModel, log);
  }

  async close(): Promise<void> {
    await Promise.all(this.registry.providers.map((provider) => provider.close('now')));
  }
}

/** Everything but the server: standalone calls the controller directly, the process serves it over gRPC. */
@Module({})
export class ModelProxyModule implements OnApplicationShutdown {
  constructor(@Inject(ModelProxy) private readonly modelProxy: ModelProxy) {}

  static register(modelProxy: ModelProxy): DynamicModule {
    return {
      module: ModelProxyModule,
      providers: [{ provide: ModelProxy, useValue: modelProxy }],
      exports: [ModelProxy],
    };
  }

  /** After the servers have stopped, so that no call loses its connection. */
  async onApplicationShutdown(): Promise<void> {
    await this.modelProxy.close();
  }
}
