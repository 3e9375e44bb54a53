import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { type FileStore, RunValues } from '@treadle/files';
import type { MessageBus } from '@treadle/messaging';
import { catalog } from '@treadle/nodes';
import { HealthRegistry } from '@treadle/telemetry';
import type { Pool } from 'pg';
import { ApprovalLinks } from './api/approvals/approval-links.js';
import { ApprovalPageController } from './api/approvals/approval-page.controller.js';
import { ApprovalsController } from './api/approvals/approvals.controller.js';
import { AuditController } from './api/audit/audit.controller.js';
import { ConversationsController } from './api/conversations/conversations.controller.js';
import { ChunksController } from './api/datasets/chunks.controller.js';
import { DatasetsController } from './api/datasets/datasets.controller.js';
import { DocumentsController } from './api/datasets/documents.controller.js';
import { LabelsController } from './api/datasets/labels.controller.js';
import { difyControllers, difyProviders } from './api/dify/dify.module.js';
import { FailureFilter } from './api/errors/failure.filter.js';
import { schemaFailure } from './api/errors/schema-failure.js';
import { FilesController } from './api/files/files.controller.js';
import { UploadController } from './api/files/upload.controller.js';
import { graphqlControllers, graphqlProviders } from './api/graphql/graphql.module.js';
import { HomeController } from './api/home.controller.js';
import { HooksController } from './api/hooks/hooks.controller.js';
import { BudgetsController } from './api/models/budgets.controller.js';
import { PricesController } from './api/models/prices.controller.js';
import { ProvidersController } from './api/models/providers.controller.js';
import { RoutesController } from './api/models/routes.controller.js';
import { UsageController } from './api/models/usage.controller.js';
import { OpenAiController } from './api/openai/openai.controller.js';
import { RateLimitsController } from './api/rate-limits/rate-limits.controller.js';
import { UpkeepController } from './api/retrieval/upkeep.controller.js';
import { ContinueRunController } from './api/runs/continue-run.controller.js';
import { RunFilesController } from './api/runs/run-files.controller.js';
import { RunHistoryController } from './api/runs/run-history.controller.js';
import { RunValuesController } from './api/runs/run-values.controller.js';
import { RunsController } from './api/runs/runs.controller.js';
import { StartAnswers } from './api/runs/start-answers.js';
import { StartRunController } from './api/runs/start-run.controller.js';
import {
  APPROVALS,
  CONTINUATIONS,
  CONVERSATIONS,
  DATASETS,
  ENTRIES,
  FILE_STORE,
  GATEWAY_PORTS,
  LABELS,
  MODEL_ADMIN,
  MODELS,
  PUBLIC_URL,
  RETRIEVAL,
  RUN_SOURCES,
  STORE_UPKEEP,
  STORED_FILES,
  TOOL_ADMIN,
  TOOLS,
} from './api/tokens.js';
import { ToolCallsController } from './api/tools/tool-calls.controller.js';
import { ToolSettingsController } from './api/tools/tool-settings.controller.js';
import { ToolsetsController } from './api/tools/toolsets.controller.js';
import { SchedulesController } from './api/triggers/schedules.controller.js';
import { WebhooksController } from './api/triggers/webhooks.controller.js';
import { WorkflowsController } from './api/workflows/workflows.controller.js';
import { auditProviders } from './audit.module.js';
import { BoundAccess } from './domain/access/bound-access.js';
import { OpenCredentials } from './domain/access/open-credentials.js';
import { AuditKeeping } from './domain/audit/audit-keeping.js';
import type {
  Approvals,
  Continuations,
  Conversations,
  Datasets,
  Entries,
  Erasures,
  Feedbacks,
  Labels,
  ModelAdmin,
  Models,
  Retention,
  Retrieval,
  RunData,
  Runs,
  StoredFiles,
  StoreUpkeep,
  ToolAdmin,
  Tools,
  Workflows,
} from './domain/ports.js';
import type { ScopeRates } from './domain/rate-limits/rate-limit.js';
import { RunVersions } from './domain/run-versions.js';
import type { RunSources } from './domain/start-run.js';
import { Uploads } from './domain/uploads.js';
import { maxShownBytes, withWholeContinuations, withWholeValues } from './domain/whole-values.js';
import { WorkflowStore } from './domain/workflow-store.js';
import { GatewayLifecycle } from './gateway.lifecycle.js';
import { Identity } from './identity.js';
import { identityControllers, identityProviders } from './identity.module.js';
import type { IdentitySettings } from './identity-settings.js';
import { privacyControllers, privacyProviders } from './privacy.module.js';
import { rateLimitProviders } from './rate-limits.module.js';
import { OpenStreams } from './streaming/open-streams.js';
import { RunStreams } from './streaming/run-streams.js';

/** What the gateway needs from outside. Everything given here stays its giver's to close. */
export interface GatewayPorts {
  readonly runs: Runs;
  readonly continuations: Continuations;
  readonly workflows: Workflows;
  readonly approvals: Approvals;
  readonly entries: Entries;
  readonly erasures: Erasures;
  readonly retention: Retention;
  /** Of the model proxy and the tool registry. */
  readonly runData: readonly RunData[];
  readonly conversations: Conversations;
  readonly datasets: Datasets;
  readonly labels: Labels;
  readonly retrieval: Retrieval;
  readonly storeUpkeep: StoreUpkeep;
  readonly feedback: Feedbacks;
  readonly storedFiles: StoredFiles;
  readonly models: Models;
  readonly modelAdmin: ModelAdmin;
  readonly tools: Tools;
  readonly toolAdmin: ToolAdmin;
  readonly bus: MessageBus;
  /** The same that the orchestrator and the executors use. */
  readonly files: FileStore;
  /** Largest file that may be uploaded, in bytes. */
  readonly maxUploadBytes: number;
  /** Made with `createPool(url, { schema: gatewaySchema })`. */
  readonly pool: Pool;
  /** How long an answer that did not reach its client is kept for the repetition of a request, in seconds; 0 takes each as new. */
  readonly repeatSeconds: number;
  /** Where people reach the public API, such as `https://treadle.example.com`; empty takes the address of each request. */
  readonly publicUrl: string;
  /** Made with `parseRates(config.rateLimits)`. */
  readonly rates: ScopeRates;
  /** Made with `identitySettings(config)`. */
  readonly identity: IdentitySettings;
  /** How long audit entries are kept, in days; 0 keeps them for ever. */
  readonly auditDays: number;
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

const controllers = [
  WorkflowsController,
  StartRunController,
  ContinueRunController,
  RunsController,
  RunFilesController,
  RunValuesController,
  RunHistoryController,
  ApprovalsController,
  ApprovalPageController,
  WebhooksController,
  SchedulesController,
  HooksController,
  ConversationsController,
  FilesController,
  UploadController,
  DatasetsController,
  DocumentsController,
  ChunksController,
  LabelsController,
  UpkeepController,
  ProvidersController,
  RoutesController,
  PricesController,
  BudgetsController,
  UsageController,
  ToolsetsController,
  ToolSettingsController,
  ToolCallsController,
  OpenAiController,
  HomeController,
  AuditController,
  RateLimitsController,
  ...privacyControllers,
  ...identityControllers,
  ...graphqlControllers,
  ...difyControllers,
];

const providers: FactoryProvider[] = [
  { provide: CONVERSATIONS, inject: [GATEWAY_PORTS], useFactory: ({ conversations }: GatewayPorts) => conversations },
  { provide: DATASETS, inject: [GATEWAY_PORTS], useFactory: ({ datasets }: GatewayPorts) => datasets },
  { provide: LABELS, inject: [GATEWAY_PORTS], useFactory: ({ labels }: GatewayPorts) => labels },
  { provide: RETRIEVAL, inject: [GATEWAY_PORTS], useFactory: ({ retrieval }: GatewayPorts) => retrieval },
  { provide: STORE_UPKEEP, inject: [GATEWAY_PORTS], useFactory: ({ storeUpkeep }: GatewayPorts) => storeUpkeep },
  { provide: STORED_FILES, inject: [GATEWAY_PORTS], useFactory: ({ storedFiles }: GatewayPorts) => storedFiles },
  { provide: FILE_STORE, inject: [GATEWAY_PORTS], useFactory: ({ files }: GatewayPorts) => files },
  {
    provide: Uploads,
    inject: [GATEWAY_PORTS],
    useFactory: ({ storedFiles, files, maxUploadBytes }: GatewayPorts) =>
      new Uploads(storedFiles, files, { maxBytes: maxUploadBytes }),
  },
  { provide: MODELS, inject: [GATEWAY_PORTS], useFactory: ({ models }: GatewayPorts) => models },
  { provide: MODEL_ADMIN, inject: [GATEWAY_PORTS], useFactory: ({ modelAdmin }: GatewayPorts) => modelAdmin },
  { provide: TOOLS, inject: [GATEWAY_PORTS], useFactory: ({ tools }: GatewayPorts) => tools },
  { provide: TOOL_ADMIN, inject: [GATEWAY_PORTS], useFactory: ({ toolAdmin }: GatewayPorts) => toolAdmin },
  { provide: ENTRIES, inject: [GATEWAY_PORTS], useFactory: ({ entries }: GatewayPorts) => entries },
  { provide: PUBLIC_URL, inject: [GATEWAY_PORTS], useFactory: ({ publicUrl }: GatewayPorts) => publicUrl },
  { provide: APPROVALS, inject: [GATEWAY_PORTS], useFactory: ({ approvals }: GatewayPorts) => approvals },
  {
    provide: ApprovalLinks,
    inject: [GATEWAY_PORTS],
    useFactory: ({ approvals, publicUrl }: GatewayPorts) => new ApprovalLinks(approvals, publicUrl),
  },
  {
    provide: RUN_SOURCES,
    inject: [GATEWAY_PORTS, RunValues],
    useFactory: ({ runs, bus }: GatewayPorts, values: RunValues): RunSources => ({
      runs: withWholeValues(runs, values),
      bus,
      values,
    }),
  },
  {
    provide: CONTINUATIONS,
    inject: [GATEWAY_PORTS, RunValues],
    useFactory: ({ continuations }: GatewayPorts, values: RunValues) => withWholeContinuations(continuations, values),
  },
  {
    provide: StartAnswers,
    inject: [RUN_SOURCES, RunStreams, OpenStreams, ApprovalLinks],
    useFactory: (sources: RunSources, streams: RunStreams, open: OpenStreams, links: ApprovalLinks) =>
      new StartAnswers(sources, streams, open, links),
  },
  {
    provide: RunValues,
    inject: [GATEWAY_PORTS],
    useFactory: ({ files }: GatewayPorts) => new RunValues({ store: files, maxBytes: maxShownBytes }),
  },
  {
    provide: Identity,
    inject: [GATEWAY_PORTS],
    useFactory: ({ pool, identity }: GatewayPorts) => new Identity(pool, identity),
  },
  {
    provide: BoundAccess,
    inject: [GATEWAY_PORTS],
    useFactory: ({ runs, conversations }: GatewayPorts) => new BoundAccess(runs, conversations),
  },
  ...rateLimitProviders,
  ...privacyProviders,
  ...identityProviders,
  ...difyProviders,
  ...graphqlProviders,
  ...auditProviders,
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
    inject: [RUN_SOURCES, RunVersions, OpenStreams, ApprovalLinks, OpenCredentials],
    useFactory: (...parts: ConstructorParameters<typeof RunStreams>) => new RunStreams(...parts),
  },
  {
    provide: GatewayLifecycle,
    inject: [GATEWAY_PORTS, Identity, AuditKeeping, OpenStreams, { token: HealthRegistry, optional: true }],
    useFactory: (...parts: ConstructorParameters<typeof GatewayLifecycle>) => new GatewayLifecycle(...parts),
  },
];

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
