import { ApprovalPageController } from './api/approvals/approval-page.controller.js';
import { ApprovalsController } from './api/approvals/approvals.controller.js';
import { AuditController } from './api/audit/audit.controller.js';
import { ConversationsController } from './api/conversations/conversations.controller.js';
import { ChunksController } from './api/datasets/chunks.controller.js';
import { DatasetsController } from './api/datasets/datasets.controller.js';
import { DocumentsController } from './api/datasets/documents.controller.js';
import { LabelsController } from './api/datasets/labels.controller.js';
import { difyControllers } from './api/dify/dify.module.js';
import { FilesController } from './api/files/files.controller.js';
import { UploadController } from './api/files/upload.controller.js';
import { graphqlControllers } from './api/graphql/graphql.module.js';
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
import { StartRunController } from './api/runs/start-run.controller.js';
import { ToolCallsController } from './api/tools/tool-calls.controller.js';
import { ToolSettingsController } from './api/tools/tool-settings.controller.js';
import { ToolsetsController } from './api/tools/toolsets.controller.js';
import { SchedulesController } from './api/triggers/schedules.controller.js';
import { WebhooksController } from './api/triggers/webhooks.controller.js';
import { WorkflowsController } from './api/workflows/workflows.controller.js';
import { identityControllers } from './identity.module.js';
import { privacyControllers } from './privacy.module.js';

/** Everything that answers over HTTP. */
export const controllers = [
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
