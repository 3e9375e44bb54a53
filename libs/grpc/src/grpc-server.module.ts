import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Logger,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { type GrpcServerOptions, type RunningGrpcServer, startGrpcServer } from './server.js';

type Settings = Omit<GrpcServerOptions, 'onUnknownError'>;

/** Where the settings of a service's gRPC server come from: usually its config and its controllers. */
export interface GrpcServerModuleOptions {
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly inject: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: (...injected: never[]) => Settings;
}

/** The gRPC server of an app: it listens once everything else is up and is the first to stop. */
export class GrpcServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(GrpcServer.name);
  private running: RunningGrpcServer | undefined;

  constructor(private readonly settings: Settings) {}

  /** The port it listens on; 0 while it does not. */
  get port(): number {
    return this.running?.port ?? 0;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.running = await startGrpcServer({
      ...this.settings,
      onUnknownError: (path, error) => this.logger.error({ err: error, path }, 'a gRPC call met a bug'),
    });
    this.logger.log(`listening for gRPC calls on port ${this.running.port}`);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.running?.close();
    this.running = undefined;
  }
}

/** Imported by a service's process, not by its own module: in standalone the same controllers are called directly. */
@Module({})
export class GrpcServerModule {
  static register({ imports, inject, useFactory }: GrpcServerModuleOptions): DynamicModule {
    const provider: FactoryProvider<GrpcServer> = {
      provide: GrpcServer,
      inject,
      useFactory: (...injected: unknown[]) => new GrpcServer(useFactory(...(injected as never[]))),
    };
    return { module: GrpcServerModule, imports, providers: [provider], exports: [GrpcServer] };
  }
}
