import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Retrieval } from './retrieval.js';

/** Everything but the server: standalone calls the controllers directly, the process serves them over gRPC. */
@Module({})
export class RetrievalModule implements OnApplicationShutdown {
  constructor(@Inject(Retrieval) private readonly retrieval: Retrieval) {}

  static register(retrieval: Retrieval): DynamicModule {
    const providers = [{ provide: Retrieval, useValue: retrieval }];
    return { module: RetrievalModule, providers, exports: [Retrieval] };
  }

  /** After the servers have stopped, so that no call loses its database. */
  async onApplicationShutdown(): Promise<void> {
    await this.retrieval.stop();
  }
}
