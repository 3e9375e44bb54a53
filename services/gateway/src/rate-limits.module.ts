import type { BeforeApplicationShutdown, FactoryProvider, OnModuleInit } from '@nestjs/common';
import { GATEWAY_PORTS } from './api/tokens.js';
import { LeasedCounters } from './domain/rate-limits/leased-counters.js';
import { RateLimits } from './domain/rate-limits/rate-limits.js';
import type { GatewayPorts } from './gateway-ports.js';
import { KyselyRateLimitStore } from './infra/rate-limits/kysely-rate-limit.store.js';
import { TenantDatabase } from './infra/tenant-database.js';

const refreshEveryMs = 3000;
const purgeEveryMs = 60_000;

/** Keeps what is known of rates fresh, and forgets counts that are over. */
class RateLimitsKeeping implements OnModuleInit, BeforeApplicationShutdown {
  private timers: readonly NodeJS.Timeout[] = [];

  constructor(
    private readonly limits: RateLimits,
    private readonly store: KyselyRateLimitStore,
  ) {}

  onModuleInit(): void {
    // While the database is away, what was known counts on.
    const refresh = () => void this.limits.refresh().catch(() => undefined);
    const purge = () => void this.store.purge().catch(() => undefined);
    this.timers = [setInterval(refresh, refreshEveryMs).unref(), setInterval(purge, purgeEveryMs).unref()];
    refresh();
  }

  beforeApplicationShutdown(): void {
    for (const timer of this.timers) clearInterval(timer);
  }
}

export const rateLimitProviders: readonly FactoryProvider[] = [
  {
    provide: KyselyRateLimitStore,
    inject: [GATEWAY_PORTS],
    useFactory: ({ pool }: GatewayPorts) => new KyselyRateLimitStore(new TenantDatabase(pool)),
  },
  {
    provide: RateLimits,
    inject: [GATEWAY_PORTS, KyselyRateLimitStore],
    useFactory: ({ rates }: GatewayPorts, store: KyselyRateLimitStore) =>
      new RateLimits(rates, new LeasedCounters(store, Date.now), store),
  },
  {
    provide: RateLimitsKeeping,
    inject: [RateLimits, KyselyRateLimitStore],
    useFactory: (limits: RateLimits, store: KyselyRateLimitStore) => new RateLimitsKeeping(limits, store),
  },
];
