import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ToolRegistry } from './tool-registry.js';

/** Everything but the server: standalone calls the controllers directly, the process serves them over gRPC. */
@Module({})
export class ToolRegistryModule implements OnApplicationShutdown {
  constructor(@Inject(ToolRegistry) private readonly toolRegistry: ToolRegistry) {}

  static register(toolRegistry: ToolRegistry): DynamicModule {
    return {
      module: ToolRegistryModule,
      providers: [{ provide: ToolRegistry, useValue: toolRegistry }],
      exports: [ToolRegistry],
    };
  }

  /** After the servers have stopped, so that no call loses its connection. */
  async onApplicationShutdown(): Promise<void> {
    await this.toolRegistry.stop();
  }
}
