import {
  datasetPageSchema,
  datasetSchema,
  documentPageSchema,
  documentSchema,
  listDatasetsSchema,
} from '../datasets/dataset.schemas.js';
import { DatasetsController } from '../datasets/datasets.controller.js';
import { DocumentsController } from '../datasets/documents.controller.js';
import { BudgetsController } from '../models/budgets.controller.js';
import {
  budgetPageSchema,
  listSchema,
  pricePageSchema,
  providerPageSchema,
  routePageSchema,
} from '../models/model.schemas.js';
import { PricesController } from '../models/prices.controller.js';
import { ProvidersController } from '../models/providers.controller.js';
import { RoutesController } from '../models/routes.controller.js';
import { UsageController } from '../models/usage.controller.js';
import { usageQuery, usageSchema } from '../models/usage.schemas.js';
import { OrganisationController } from '../people/organisation.controller.js';
import {
  listUsersSchema,
  organisationSchema,
  roleListSchema,
  userPageSchema,
  userSchema,
} from '../people/people.schemas.js';
import { RolesController } from '../people/roles.controller.js';
import { UsersController } from '../people/users.controller.js';
import { listRunsSchema, runEventSchema, runEventsSchema, runPageSchema, runSchema } from '../runs/run.schemas.js';
import { RunsController } from '../runs/runs.controller.js';
import { getToolsetSchema, listToolsetsSchema, shownToolsetSchema, toolsetPageSchema } from '../tools/tool.schemas.js';
import { ToolsetsController } from '../tools/toolsets.controller.js';
import {
  getWorkflowQuery,
  listWorkflowsQuery,
  versionListSchema,
  workflowPageSchema,
  workflowWithDocumentSchema,
} from '../workflows/workflow.schemas.js';
import { WorkflowsController } from '../workflows/workflows.controller.js';
import { type RestField, restField } from './rest-field.js';

/** What can be asked for, alphabetically: one line here and its import make a field of a REST route. */
export const managementFields = {
  budgets: restField(BudgetsController, 'list', {
    description: 'Budgets and how full they are.',
    query: listSchema,
    answer: budgetPageSchema,
    read: (budgets, request, { query }) => budgets.list(request, query),
  }),
  dataset: restField(DatasetsController, 'get', {
    description: 'One dataset.',
    ids: ['id'],
    answer: datasetSchema,
    read: (datasets, request, { ids }) => datasets.get(request, ids.id),
  }),
  datasets: restField(DatasetsController, 'list', {
    description: 'Datasets, newest first.',
    query: listDatasetsSchema,
    answer: datasetPageSchema,
    read: (datasets, request, { query }) => datasets.list(request, query),
  }),
  document: restField(DocumentsController, 'get', {
    description: 'A document of a dataset, with its status and progress.',
    ids: ['dataset', 'id'],
    answer: documentSchema,
    read: (documents, request, { ids }) => documents.get(request, ids.dataset, ids.id),
  }),
  documents: restField(DocumentsController, 'list', {
    description: 'The documents of a dataset, newest first.',
    ids: ['dataset'],
    query: listDatasetsSchema,
    answer: documentPageSchema,
    read: (documents, request, { ids, query }) => documents.list(request, ids.dataset, query),
  }),
  organisation: restField(OrganisationController, 'get', {
    description: 'The organisation of the caller.',
    answer: organisationSchema,
    read: (organisations, request) => organisations.get(request),
  }),
  prices: restField(PricesController, 'list', {
    description: 'The saved prices; those that ship with Treadle hold for every other model.',
    query: listSchema,
    answer: pricePageSchema,
    read: (prices, request, { query }) => prices.list(request, query),
  }),
  providers: restField(ProvidersController, 'list', {
    description: 'Providers of models.',
    query: listSchema,
    answer: providerPageSchema,
    read: (providers, request, { query }) => providers.list(request, query),
  }),
  roles: restField(RolesController, 'list', {
    description: 'Roles: those that are built in, then the own ones.',
    answer: roleListSchema,
    read: (roles, request) => roles.list(request),
  }),
  routes: restField(RoutesController, 'list', {
    description: 'Routes to models.',
    query: listSchema,
    answer: routePageSchema,
    read: (routes, request, { query }) => routes.list(request, query),
  }),
  run: restField(RunsController, 'get', {
    description: 'One run with what it did at each node.',
    ids: ['id'],
    answer: runSchema,
    read: async (runs, request, { ids }) => JSON.parse(await runs.oneJson(request, ids.id)) as unknown,
  }),
  runs: restField(RunsController, 'list', {
    description: 'Runs, newest first.',
    query: listRunsSchema,
    answer: runPageSchema,
    read: async (runs, request, { query }) => JSON.parse(await runs.pageJson(request, query)) as unknown,
  }),
  toolset: restField(ToolsetsController, 'show', {
    description: 'A toolset with its versions and the tools of one of them.',
    ids: ['name'],
    query: getToolsetSchema,
    answer: shownToolsetSchema,
    read: (toolsets, request, { ids, query }) => toolsets.show(request, ids.name, query),
  }),
  toolsets: restField(ToolsetsController, 'list', {
    description: 'Toolsets; the first page begins with those that every tenant has.',
    query: listToolsetsSchema,
    answer: toolsetPageSchema,
    read: (toolsets, request, { query }) => toolsets.list(request, query),
  }),
  usage: restField(UsageController, 'query', {
    description: 'What calls to models used and cost, the most expensive group first.',
    query: usageQuery,
    answer: usageSchema,
    read: (usage, request, { query }) => usage.query(request, query),
  }),
  user: restField(UsersController, 'get', {
    description: 'One member of the organisation.',
    ids: ['id'],
    answer: userSchema,
    read: (users, request, { ids }) => users.get(request, ids.id),
  }),
  users: restField(UsersController, 'list', {
    description: 'The members of the organisation, by e-mail address.',
    query: listUsersSchema,
    answer: userPageSchema,
    read: (users, request, { query }) => users.list(request, query),
  }),
  versions: restField(WorkflowsController, 'versions', {
    description: 'The versions of a workflow, newest first.',
    ids: ['id'],
    answer: versionListSchema,
    read: (workflows, request, { ids }) => workflows.versions(request, ids.id),
  }),
  workflow: restField(WorkflowsController, 'get', {
    description: 'One workflow with the document of a version.',
    ids: ['id'],
    query: getWorkflowQuery,
    answer: workflowWithDocumentSchema,
    read: (workflows, request, { ids, query }) => workflows.get(request, ids.id, query),
  }),
  workflows: restField(WorkflowsController, 'list', {
    description: 'Workflows.',
    query: listWorkflowsQuery,
    answer: workflowPageSchema,
    read: (workflows, request, { query }) => workflows.list(request, query),
  }),
} satisfies Record<string, RestField>;

/** What can be subscribed to. Handlers of these give values as they come. */
export const streamedFields = {
  run_events: restField(RunsController, 'events', {
    description:
      'The events and the text of a run, from the beginning or from the last id on. It completes after the event that ends the run.',
    ids: ['id'],
    query: runEventsSchema,
    answer: runEventSchema,
    read: (runs, request, { ids, query }) => runs.values(request, ids.id, query.last_event_id),
  }),
} satisfies Record<string, RestField>;
