import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ModelController } from './api/model.controller.js';
import { Registry } from './domain/registry.js';
import { MODEL_PROXY_CONFIG, type ModelProxyConfig } from './model-proxy.config.js';
import { configuredProviders } from './providers/catalog.js';

/** Everything but the server: standalone calls the controller directly, the process imports `GrpcServerModule` beside it. */
@Module({})
export class ModelProxyModule implements OnApplicationShutdown {
  constructor(private readonly registry: Registry) {}

  static register(config: ModelProxyConfig): DynamicModule {
    return {
      module: ModelProxyModule,
      providers: [
        { provide: MODEL_PROXY_CONFIG, useValue: config },
        { provide: Registry, useFactory: () => new Registry(configuredProviders(config)) },
        ModelController,
      ],
      exports: [ModelController],
    };
  }

  /** After the servers have stopped, so that no call loses its connection. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.registry.providers.map((provider) => provider.close()));
  }
}
