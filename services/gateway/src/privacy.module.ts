import { type BeforeApplicationShutdown, type FactoryProvider, Logger, type OnModuleInit } from '@nestjs/common';
import { ErasuresController } from './api/privacy/erasures.controller.js';
import { RetentionController } from './api/privacy/retention.controller.js';
import { GATEWAY_PORTS, RETENTION } from './api/tokens.js';
import { EraseEndUser } from './domain/erasure/erase-end-user.js';
import { ErasureKeeping } from './domain/erasure/erasure-keeping.js';
import type { GatewayPorts } from './gateway-ports.js';
import { KyselyErasureStore } from './infra/kysely-erasure.store.js';
import { TenantDatabase } from './infra/tenant-database.js';

/** Has erasures worked on for as long as the gateway lives. */
class PrivacyLifecycle implements OnModuleInit, BeforeApplicationShutdown {
  constructor(private readonly erasures: ErasureKeeping) {}

  onModuleInit(): void {
    this.erasures.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.erasures.stop();
  }
}

export const privacyControllers = [ErasuresController, RetentionController];

/** What people may ask of those who know something of them. */
export const privacyProviders: readonly FactoryProvider[] = [
  { provide: RETENTION, inject: [GATEWAY_PORTS], useFactory: ({ retention }: GatewayPorts) => retention },
  {
    provide: ErasureKeeping,
    inject: [GATEWAY_PORTS],
    useFactory: ({ pool, erasures, runData }: GatewayPorts) => {
      const store = new KyselyErasureStore(new TenantDatabase(pool));
      const logger = new Logger('Erasures');
      return new ErasureKeeping(store, new EraseEndUser({ store, erasures, runData }), {
        error: (facts) => logger.error(facts, 'an erasure met a bug'),
      });
    },
  },
  {
    provide: PrivacyLifecycle,
    inject: [ErasureKeeping],
    useFactory: (erasures: ErasureKeeping) => new PrivacyLifecycle(erasures),
  },
];
