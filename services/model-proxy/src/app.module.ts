import { type DynamicModule, Module } from '@nestjs/common';
import { ModelServiceService } from '@treadle/contracts';
import { GrpcServerModule, served } from '@treadle/grpc';
import { HealthModule } from '@treadle/telemetry';
import { ModelController } from './api/model.controller.js';
import { ModelProxyModule, type ModelProxyOptions } from './model-proxy.module.js';

/** The model proxy as its own process: the service, its gRPC server and its health endpoints. */
@Module({})
export class AppModule {
  static register(options: ModelProxyOptions): DynamicModule {
    const grpcServer = GrpcServerModule.register({
      imports: [ModelProxyModule.register(options)],
      inject: [ModelController],
      useFactory: (controller: ModelController) => ({
        address: options.config.grpcAddress,
        services: [served(ModelServiceService, controller)],
        log: options.log,
      }),
    });
    return { module: AppModule, imports: [grpcServer, HealthModule.forRoot()] };
  }
}
