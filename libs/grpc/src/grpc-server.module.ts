import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { type GrpcServerOptions, type RunningGrpcServer, startGrpcServer } from './server.js';

/** Where the server says what an operator should know. A pino logger is one. */
export interface GrpcServerLog {
  info(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface GrpcServerSettings extends Omit<GrpcServerOptions, 'onUnknownError'> {
  readonly log: GrpcServerLog;
}

/** Where the settings of a service's gRPC server come from: usually its config and its controllers. */
export interface GrpcServerModuleOptions {
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly inject: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: (...injected: never[]) => GrpcServerSettings;
}

/** The gRPC server of an app: it listens once everything else is up and is the first to stop. */
export class GrpcServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private running: RunningGrpcServer | undefined;

  constructor(private readonly settings: GrpcServerSettings) {}

  /** The port it listens on; 0 while it does not. */
  get port(): number {
    return this.running?.port ?? 0;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { log } = this.settings;
    const onUnknownError = (path: string, error: unknown) => log.error({ err: error, path }, 'a gRPC call met a bug');
    this.running = await startGrpcServer({ ...this.settings, onUnknownError });
    log.info({ port: this.running.port }, 'listening for gRPC calls');
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
