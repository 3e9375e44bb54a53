import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { FailureFilter } from './api/errors/failure.filter.js';
import { schemaFailure } from './api/errors/schema-failure.js';
import { GATEWAY_PORTS } from './api/tokens.js';
import { controllers } from './gateway.controllers.js';
import { providers } from './gateway.providers.js';
import type { GatewayPorts } from './gateway-ports.js';

export interface GatewayModuleOptions {
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly inject: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: (...injected: never[]) => GatewayPorts | Promise<GatewayPorts>;
}

/** The public API. Whoever composes it also calls `setUpGateway` on the application, which is made with `gatewayAdapter()`. */
@Module({})
export class GatewayModule {
  static register({ imports, inject, useFactory }: GatewayModuleOptions): DynamicModule {
    return {
      module: GatewayModule,
      imports,
      controllers,
      providers: [
        {
          provide: GATEWAY_PORTS,
          inject,
          useFactory: (...injected: unknown[]) => useFactory(...(injected as never[])),
        },
        ...providers,
        { provide: APP_FILTER, useClass: FailureFilter },
        { provide: APP_PIPE, useValue: new StandardSchemaValidationPipe({ exceptionFactory: schemaFailure }) },
      ],
    };
  }
}
