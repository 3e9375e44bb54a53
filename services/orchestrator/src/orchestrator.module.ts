import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Orchestrator } from './orchestrator.js';

/** The orchestrator, as its own process or inside another app. It begins to work when the app has started. */
@Module({})
export class OrchestratorModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(Orchestrator) private readonly orchestrator: Orchestrator) {}

  static register(orchestrator: Orchestrator): DynamicModule {
    const providers = [{ provide: Orchestrator, useValue: orchestrator }];
    return { module: OrchestratorModule, providers, exports: [Orchestrator] };
  }

  /** Does not wait: health answers while the database is awaited. */
  onApplicationBootstrap(): void {
    void this.orchestrator.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.orchestrator.stop();
  }
}
