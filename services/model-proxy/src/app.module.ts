import { type DynamicModule, Module } from '@nestjs/common';
import { ModelServiceService } from '@treadle/contracts';
import { GrpcServerModule, served } from '@treadle/grpc';
import { ModelController } from './api/model.controller.js';
import type { ModelProxyConfig } from './model-proxy.config.js';
import { ModelProxyModule } from './model-proxy.module.js';

/** The model proxy as its own process: the service and its gRPC server. */
@Module({})
export class AppModule {
  static register(config: ModelProxyConfig): DynamicModule {
    const grpcServer = GrpcServerModule.register({
      imports: [ModelProxyModule.register(config)],
      inject: [ModelController],
      useFactory: (controller: ModelController) => ({
        address: config.grpcAddress,
        services: [served(ModelServiceService, controller)],
      }),
    });
    return { module: AppModule, imports: [grpcServer] };
  }
}
