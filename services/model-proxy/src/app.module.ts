import { type DynamicModule, Module } from '@nestjs/common';
import { ModelServiceService } from '@treadle/contracts';
import { GrpcServerModule, served } from '@treadle/grpc';
import { HealthModule, type Logger } from '@treadle/telemetry';
import type { ModelProxyProcessConfig } from './model-proxy.config.js';
import { ModelProxy, ModelProxyModule } from './model-proxy.module.js';

/** The model proxy as its own process: the service, its gRPC server and its health endpoints. */
@Module({})
export class AppModule {
  static register(config: ModelProxyProcessConfig, log: Logger): DynamicModule {
    const grpcServer = GrpcServerModule.register({
      imports: [ModelProxyModule.register(new ModelProxy({ config, log }))],
      inject: [ModelProxy],
      useFactory: ({ controller }: ModelProxy) => ({
        address: config.grpcAddress,
        services: [served(ModelServiceService, controller)],
        log,
      }),
    });
    return { module: AppModule, imports: [grpcServer, HealthModule.forRoot()] };
  }
}
