import type { FactoryProvider, Type } from '@nestjs/common';
import { EndUsers } from '../../domain/end-users.js';
import type { RunSources } from '../../domain/start-run.js';
import { Uploads } from '../../domain/uploads.js';
import { WorkflowStore } from '../../domain/workflow-store.js';
import type { GatewayPorts } from '../../gateway-ports.js';
import { OpenStreams } from '../../streaming/open-streams.js';
import { RunStreams } from '../../streaming/run-streams.js';
import { ApprovalLinks } from '../approvals/approval-links.js';
import { GATEWAY_PORTS, RUN_SOURCES } from '../tokens.js';
import { DifyAppController } from './app.controller.js';
import { Apps } from './app.js';
import { AppConversations } from './app-conversations.js';
import { AppMessages } from './app-messages.js';
import { AppModel } from './app-model.js';
import { AppRuns } from './app-runs.js';
import { AppUploads } from './app-uploads.js';
import { DifyChatController } from './chat.controller.js';
import { DifyConversationsController } from './conversations.controller.js';
import { difyDatasetControllers, difyDatasetProviders } from './datasets/datasets.module.js';
import { DifyFilesController } from './files.controller.js';
import { DifyFormsController } from './forms.controller.js';
import { DifyMessagesController } from './messages.controller.js';
import { Repeats } from './repeats.js';
import { DifyRunLookController } from './run-look.controller.js';
import { DifyStopController } from './stop.controller.js';
import { DifyUnsupportedController } from './unsupported.controller.js';
import { DifyWorkflowRunsController } from './workflow-runs.controller.js';
import { DifyWorkspaceController } from './workspace.controller.js';

/** The routes of Dify's service API. */
export const difyControllers: readonly Type[] = [
  DifyAppController,
  DifyChatController,
  DifyConversationsController,
  DifyFilesController,
  DifyFormsController,
  DifyMessagesController,
  DifyRunLookController,
  DifyStopController,
  DifyUnsupportedController,
  DifyWorkflowRunsController,
  DifyWorkspaceController,
  ...difyDatasetControllers,
];

export const difyProviders: readonly FactoryProvider[] = [
  ...difyDatasetProviders,
  { provide: Apps, inject: [WorkflowStore], useFactory: ({ client }: WorkflowStore) => new Apps(client) },
  { provide: AppModel, inject: [GATEWAY_PORTS], useFactory: ({ models }: GatewayPorts) => new AppModel(models) },
  { provide: AppUploads, inject: [Uploads], useFactory: (uploads: Uploads) => new AppUploads(uploads) },
  {
    provide: Repeats,
    inject: [GATEWAY_PORTS],
    useFactory: ({ runs, repeatSeconds }: GatewayPorts) => new Repeats(runs, repeatSeconds),
  },
  {
    provide: AppRuns,
    inject: [RUN_SOURCES, RunStreams, OpenStreams, ApprovalLinks, Repeats, EndUsers],
    useFactory: (
      sources: RunSources,
      streams: RunStreams,
      open: OpenStreams,
      links: ApprovalLinks,
      repeats: Repeats,
      endUsers: EndUsers,
    ) => new AppRuns(sources, streams, open, links, repeats, endUsers),
  },
  {
    provide: AppConversations,
    inject: [Apps, GATEWAY_PORTS, AppModel],
    useFactory: (apps: Apps, { conversations }: GatewayPorts, model: AppModel) =>
      new AppConversations(apps, conversations, model),
  },
  {
    provide: AppMessages,
    inject: [Apps, GATEWAY_PORTS, AppModel],
    useFactory: (apps: Apps, { conversations, feedback, runs }: GatewayPorts, model: AppModel) =>
      new AppMessages(apps, conversations, feedback, runs, model),
  },
];
