import type { FactoryProvider } from '@nestjs/common';
import { RunValues } from '@treadle/files';
import { catalog } from '@treadle/nodes';
import { HealthRegistry } from '@treadle/telemetry';
import { ApprovalLinks } from './api/approvals/approval-links.js';
import { difyProviders } from './api/dify/dify.module.js';
import { graphqlProviders } from './api/graphql/graphql.module.js';
import { StartAnswers } from './api/runs/start-answers.js';
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
import { auditProviders } from './audit.module.js';
import { BoundAccess } from './domain/access/bound-access.js';
import { OpenCredentials } from './domain/access/open-credentials.js';
import { AuditKeeping } from './domain/audit/audit-keeping.js';
import { RunVersions } from './domain/run-versions.js';
import type { RunSources } from './domain/start-run.js';
import { Uploads } from './domain/uploads.js';
import { maxShownBytes, withWholeContinuations, withWholeValues } from './domain/whole-values.js';
import { WorkflowStore } from './domain/workflow-store.js';
import { GatewayLifecycle } from './gateway.lifecycle.js';
import type { GatewayPorts } from './gateway-ports.js';
import { Identity } from './identity.js';
import { identityProviders } from './identity.module.js';
import { privacyProviders } from './privacy.module.js';
import { rateLimitProviders } from './rate-limits.module.js';
import { OpenStreams } from './streaming/open-streams.js';
import { RunStreams } from './streaming/run-streams.js';

/** What controllers ask for by token and is given from outside as it is. */
const given: readonly (readonly [token: symbol, port: keyof GatewayPorts])[] = [
  [CONVERSATIONS, 'conversations'],
  [DATASETS, 'datasets'],
  [LABELS, 'labels'],
  [RETRIEVAL, 'retrieval'],
  [STORE_UPKEEP, 'storeUpkeep'],
  [STORED_FILES, 'storedFiles'],
  [FILE_STORE, 'files'],
  [MODELS, 'models'],
  [MODEL_ADMIN, 'modelAdmin'],
  [TOOLS, 'tools'],
  [TOOL_ADMIN, 'toolAdmin'],
  [ENTRIES, 'entries'],
  [PUBLIC_URL, 'publicUrl'],
  [APPROVALS, 'approvals'],
];

export const providers: FactoryProvider[] = [
  ...given.map(([provide, port]) => ({
    provide,
    inject: [GATEWAY_PORTS],
    useFactory: (ports: GatewayPorts) => ports[port],
  })),
  {
    provide: Uploads,
    inject: [GATEWAY_PORTS],
    useFactory: ({ storedFiles, files, maxUploadBytes }: GatewayPorts) =>
      new Uploads(storedFiles, files, { maxBytes: maxUploadBytes }),
  },
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
