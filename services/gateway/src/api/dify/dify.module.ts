import type { FactoryProvider, Type } from '@nestjs/common';
import type { RunSources } from '../../domain/start-run.js';
import { WorkflowStore } from '../../domain/workflow-store.js';
import { OpenStreams } from '../../streaming/open-streams.js';
import { RunStreams } from '../../streaming/run-streams.js';
import { ApprovalLinks } from '../approvals/approval-links.js';
import { RUN_SOURCES } from '../tokens.js';
import { DifyAppController } from './app.controller.js';
import { Apps } from './app.js';
import { AppRuns } from './app-runs.js';
import { DifyChatController } from './chat.controller.js';
import { DifyWorkflowRunsController } from './workflow-runs.controller.js';

/** The routes of Dify's service API. */
export const difyControllers: readonly Type[] = [DifyAppController, DifyChatController, DifyWorkflowRunsController];

export const difyProviders: readonly FactoryProvider[] = [
  { provide: Apps, inject: [WorkflowStore], useFactory: ({ client }: WorkflowStore) => new Apps(client) },
  {
    provide: AppRuns,
    inject: [RUN_SOURCES, RunStreams, OpenStreams, ApprovalLinks],
    useFactory: (sources: RunSources, streams: RunStreams, open: OpenStreams, links: ApprovalLinks) =>
      new AppRuns(sources, streams, open, links),
  },
];
