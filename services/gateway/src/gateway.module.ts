import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type OnModuleInit,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import type { MessageBus } from '@treadle/messaging';
import { catalog } from '@treadle/nodes';
import { migrate } from '@treadle/persistence';
import type { Pool } from 'pg';
import { FailureFilter } from './api/errors/failure.filter.js';
import { schemaFailure } from './api/errors/schema-failure.js';
import { HomeController } from './api/home.controller.js';
import { RunsController } from './api/runs/runs.controller.js';
import { StartRunController } from './api/runs/start-run.controller.js';
import { GATEWAY_PORTS, RUN_SOURCES } from './api/tokens.js';
import { WorkflowsController } from './api/workflows/workflows.controller.js';
import { ApiKeys } from './domain/api-keys.js';
import type { Models, Runs, Workflows } from './domain/ports.js';
import { RunVersions } from './domain/run-versions.js';
import type { RunSources } from './domain/start-run.js';
import { WorkflowStore } from './domain/workflow-store.js';
import { KyselyApiKeyStore } from './infra/kysely-api-key.store.js';
import { gatewayMigrations, gatewaySchema } from './infra/migrations/index.js';
import { OpenStreams } from './streaming/open-streams.js';
import { RunStreams } from './streaming/run-streams.js';

/** What the gateway needs from outside. Everything given here stays its giver's to close. */
export interface GatewayPorts {
  readonly runs: Runs;
  readonly workflows: Workflows;
  readonly models: Models;
  readonly bus: MessageBus;
  /** Made with `createPool(url, { schema: gatewaySchema })`. */
  readonly pool: Pool;
  /** Lets in whoever shows this key; without it a random key is made at the very first start. */
  readonly apiKey?: string;
  /** Told the random key, once, to show it to a person. It cannot be found out again. */
  readonly onFirstKey: (key: string) => void;
}

export interface GatewayModuleOptions {
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly inject: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: (...injected: never[]) => GatewayPorts | Promise<GatewayPorts>;
}

const noteUseEveryMs = 60_000;

/** Brings the schema up to date and lets the first caller in; ends streams before the server closes. */
export class GatewayLifecycle implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private noting: NodeJS.Timeout | undefined;

  constructor(
    private readonly ports: GatewayPorts,
    private readonly keys: ApiKeys,
    private readonly streams: OpenStreams,
  ) {}

  async onModuleInit(): Promise<void> {
    await migrate(this.ports.pool, gatewaySchema, gatewayMigrations);
    const made = await this.keys.prepare(this.ports.apiKey);
    if (made !== undefined) this.ports.onFirstKey(made);
    // When a key was last used is nice to know: losing a note costs nothing.
    this.noting = setInterval(() => void this.keys.noteUse().catch(() => undefined), noteUseEveryMs).unref();
  }

  beforeApplicationShutdown(): void {
    this.streams.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.noting);
    await this.keys.noteUse().catch(() => undefined);
  }
}

const providers: FactoryProvider[] = [
  {
    provide: RUN_SOURCES,
    inject: [GATEWAY_PORTS],
    useFactory: ({ runs, bus }: GatewayPorts): RunSources => ({ runs, bus }),
  },
  {
    provide: ApiKeys,
    inject: [GATEWAY_PORTS],
    useFactory: ({ pool }: GatewayPorts) => new ApiKeys(new KyselyApiKeyStore(pool), Date.now),
  },
  {
    provide: WorkflowStore,
    inject: [GATEWAY_PORTS],
    useFactory: ({ workflows, models }: GatewayPorts) => new WorkflowStore(workflows, models),
  },
  { provide: OpenStreams, inject: [], useFactory: () => new OpenStreams() },
  {
    provide: RunVersions,
    inject: [GATEWAY_PORTS],
    useFactory: ({ workflows }: GatewayPorts) => new RunVersions(workflows, catalog),
  },
  {
    provide: RunStreams,
    inject: [RUN_SOURCES, RunVersions, OpenStreams],
    useFactory: (sources: RunSources, versions: RunVersions, streams: OpenStreams) =>
      new RunStreams(sources, versions, streams),
  },
  {
    provide: GatewayLifecycle,
    inject: [GATEWAY_PORTS, ApiKeys, OpenStreams],
    useFactory: (ports: GatewayPorts, keys: ApiKeys, streams: OpenStreams) =>
      new GatewayLifecycle(ports, keys, streams),
  },
];

/** The public API. Whoever composes it also calls `setUpGateway` on the application, which is made with `gatewayAdapter()`. */
@Module({})
export class GatewayModule {
  static register({ imports, inject, useFactory }: GatewayModuleOptions): DynamicModule {
    return {
      module: GatewayModule,
      imports,
      controllers: [WorkflowsController, StartRunController, RunsController, HomeController],
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
