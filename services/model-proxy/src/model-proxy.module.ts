import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Metrics } from '@treadle/telemetry';
import { ModelController, type ModelProxyLog } from './api/model.controller.js';
import { freeOfCharge } from './domain/free-of-charge.js';
import type { MoneyGate } from './domain/money-gate.js';
import { Pipeline } from './domain/pipeline.js';
import type { ProviderStore } from './domain/provider-store.js';
import type { ResponseCache } from './domain/response-cache.js';
import { Targets } from './domain/target.js';
import { Catalog, emptyStore } from './domain/tenant-models.js';
import { MeasuredMoney } from './infra/measured-money.js';
import { MemoryResponseCache } from './infra/memory-response-cache.js';
import { watchTargets } from './infra/watch-targets.js';
import type { ModelProxyConfig } from './model-proxy.config.js';
import { configuredProviders } from './providers/catalog.js';
import { savedProviders } from './providers/saved-providers.js';

/** Calls on one target: at first, at most, and waiting. */
const limits = { initial: 12, most: 1_000, queue: 1_000 };
/** Failures in a row after which a target is left alone. */
const failures = 5;

export interface ModelProxyOptions {
  readonly config: ModelProxyConfig;
  readonly log: ModelProxyLog;
  /** Default: every call is let through, and no accounts are kept. */
  readonly money?: MoneyGate;
  /** Default: nothing is saved, and only the providers of the environment serve. */
  readonly store?: ProviderStore;
  /** Default: in this process. */
  readonly cache?: ResponseCache;
  /** Absent where nobody reads them. */
  readonly metrics?: Metrics;
}

/** The service with its ports tied to their adapters: its calls, and the connections to close after them. */
export class ModelProxy {
  readonly controller: ModelController;
  private readonly targets: Targets;
  private readonly catalog: Catalog;

  constructor({ config, log, store = emptyStore, cache, metrics, ...given }: ModelProxyOptions) {
    const { probeIntervalMs, queueTimeoutMs: queueMs, totalTimeoutMs: totalMs } = config;
    const gate = given.money ?? freeOfCharge;
    const money = metrics ? new MeasuredMoney(gate, metrics) : gate;
    this.targets = new Targets(money, { failures, probeIntervalMs, limit: { ...limits, queueMs } });
    if (metrics) watchTargets(metrics, this.targets);
    this.catalog = new Catalog({
      store,
      shared: configuredProviders(config),
      make: savedProviders(config),
      gone: (provider) => this.targets.forget(provider),
      warn: (facts, message) => log.warn(facts, message),
    });
    const defaultModel = config.defaultModel ?? '';
    const pipeline = new Pipeline({
      catalog: this.catalog,
      targets: this.targets,
      defaultModel,
      money,
      cache: cache ?? new MemoryResponseCache(),
      patience: { firstTokenMs: config.firstTokenTimeoutMs, silenceMs: config.silenceTimeoutMs },
      totalMs,
    });
    this.controller = new ModelController(pipeline, this.catalog, defaultModel, log);
  }

  async close(): Promise<void> {
    this.targets.close();
    await this.catalog.close();
  }
}

/** Everything but the server: standalone calls the controller directly, the process serves it over gRPC. */
@Module({})
export class ModelProxyModule implements OnApplicationShutdown {
  constructor(@Inject(ModelProxy) private readonly modelProxy: ModelProxy) {}

  static register(modelProxy: ModelProxy): DynamicModule {
    return {
      module: ModelProxyModule,
      providers: [{ provide: ModelProxy, useValue: modelProxy }],
      exports: [ModelProxy],
    };
  }

  /** After the servers have stopped, so that no call loses its connection. */
  async onApplicationShutdown(): Promise<void> {
    await this.modelProxy.close();
  }
}
