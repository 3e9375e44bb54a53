import { type DynamicModule, Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthRegistry } from './health-registry.js';

/**
 * Serves `/health/{startup,ready,live}` and offers the registry to every module of the application. Imported once, by the root module;
 * services only inject `HealthRegistry`. An application that begins to close drains by itself.
 */
@Module({})
export class HealthModule implements OnModuleDestroy {
  constructor(@Inject(HealthRegistry) private readonly registry: HealthRegistry) {}

  /** @param registry the process's registry; several applications in one process pass the same. */
  static forRoot(registry: HealthRegistry = new HealthRegistry()): DynamicModule {
    return {
      module: HealthModule,
      global: true,
      controllers: [HealthController],
      providers: [{ provide: HealthRegistry, useValue: registry }],
      exports: [HealthRegistry],
    };
  }

  onModuleDestroy(): void {
    this.registry.drain();
  }
}
