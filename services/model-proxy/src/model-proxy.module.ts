import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ModelController, type ModelProxyLog } from './api/model.controller.js';
import { Registry } from './domain/registry.js';
import type { ModelProxyConfig } from './model-proxy.config.js';
import { configuredProviders } from './providers/catalog.js';

export interface ModelProxyOptions {
  readonly config: ModelProxyConfig;
  readonly log: ModelProxyLog;
}

/** Everything but the server: standalone calls the controller directly, the process serves it over gRPC. */
@Module({})
export class ModelProxyModule implements OnApplicationShutdown {
  constructor(@Inject(Registry) private readonly registry: Registry) {}

  static register({ config, log }: ModelProxyOptions): DynamicModule {
    const registry = new Registry(configuredProviders(config));
    const controller = new ModelController(registry, config.defaultModel ?? '', log);
    return {
      module: ModelProxyModule,
      providers: [
        { provide: Registry, useValue: registry },
        { provide: ModelController, useValue: controller },
      ],
      exports: [ModelController],
    };
  }

  /** After the servers have stopped, so that no call loses its connection. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.registry.providers.map((provider) => provider.close()));
  }
}
