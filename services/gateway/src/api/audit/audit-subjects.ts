import { createHash } from 'node:crypto';
import type { Price } from '@treadle/contracts';
import type { Subject } from '../../domain/audit/subject.js';
import type { GatewayPorts } from '../../gateway-ports.js';
import type { Identity } from '../../identity.js';
import { approvalView } from '../approvals/approval.view.js';
import { conversationView } from '../conversations/conversation.view.js';
import { chunkView, datasetView, documentView } from '../datasets/dataset.view.js';
import { fileView } from '../files/file.view.js';
import { budgetView, priceView, providerView, routeView } from '../models/model.view.js';
import { organisationView, roleView, userView } from '../people/people.view.js';
import { retentionView } from '../privacy/retention.view.js';
import { credentialView, toolsetView, toolView } from '../tools/tool.view.js';
import { scheduleView, webhookView } from '../triggers/trigger.view.js';
import { workflowView } from '../workflows/workflow.view.js';
import type { AuditedKind } from './audited.js';

/** Where a request says what it is about. */
export interface SubjectRequest {
  readonly tenantId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

type Find = (request: SubjectRequest) => Promise<Subject>;
type Readers = Partial<Record<AuditedKind, Find>>;

const pageSize = 100;
/** Nobody has more of what is listed here; a list that goes on for ever is not waited for. */
const maxPages = 50;

/** Looks up what is about to be changed. Kinds that are not here have nothing worth telling before. */
export function auditSubjects(ports: GatewayPorts, identity: Identity): Readers {
  return { ...modelSubjects(ports), ...toolSubjects(ports), ...dataSubjects(ports), ...peopleSubjects(identity) };
}

function modelSubjects({ modelAdmin }: GatewayPorts): Readers {
  return {
    provider: async ({ tenantId, params: { name } }) => ({
      state: await findNamed(name, providerView, async (page) => {
        const { providers, nextCursor } = await modelAdmin.listProviders({ tenantId, ...page });
        return { items: providers, nextCursor };
      }),
    }),
    route: async ({ tenantId, params: { name } }) => ({
      state: await findNamed(name, routeView, async (page) => {
        const { routes, nextCursor } = await modelAdmin.listRoutes({ tenantId, ...page });
        return { items: routes, nextCursor };
      }),
    }),
    budget: async ({ tenantId, params: { name } }) => ({
      state: await findNamed(name, budgetView, async (page) => {
        const { budgets, nextCursor } = await modelAdmin.listBudgets({ tenantId, ...page });
        return { items: budgets, nextCursor };
      }),
    }),
    price: async ({ tenantId, query, body }) => {
      const { provider, model } = { ...query, ...(body as object | undefined) } as Record<string, unknown>;
      const id = `${String(provider)}/${String(model)}`;
      const state = await findNamed(
        id,
        (price: Price & Named) => priceView(price),
        async (page) => {
          const { prices, nextCursor } = await modelAdmin.listPrices({ tenantId, ...page });
          return { items: prices.map((price) => ({ ...price, name: `${price.provider}/${price.model}` })), nextCursor };
        },
      );
      return { id, state };
    },
  };
}

function toolSubjects({ toolAdmin }: GatewayPorts): Readers {
  const toolset = async (tenantId: string, name = '') => toolAdmin.getToolset({ tenantId, name, version: 0 });
  return {
    toolset: async ({ tenantId, params }) => {
      const found = (await toolset(tenantId, params['name'])).toolset;
      return { state: found && toolsetView(found) };
    },
    'tool-credential': async ({ tenantId, params }) => {
      const credential = (await toolset(tenantId, params['toolset'])).toolset?.credential;
      return { state: credential && credentialView(credential) };
    },
    'tool-policy': async ({ tenantId, params }) => {
      const { tools } = await toolset(tenantId, params['toolset']);
      const tool = tools.find(({ name }) => name === params['tool']);
      return { state: tool && toolView(tool).policy };
    },
  };
}

function dataSubjects(ports: GatewayPorts): Readers {
  const { approvals, conversations, datasets, entries, storedFiles, workflows } = ports;
  return {
    approval: async ({ params: { token = '' } }) => {
      const { approval } = await approvals.getApproval({ token });
      if (!approval) return {};
      // Never the token: whoever has it can answer.
      const id = `${approval.runId}/${approval.nodeKey}`;
      return { tenantId: approval.tenantId, id, state: approvalView(approval, '') };
    },
    chunk: async ({ tenantId, params: { dataset: datasetId = '', document: documentId = '', id: chunkId } }) => {
      if (chunkId === undefined) return {};
      const { chunk } = await datasets.getChunk({ tenantId, datasetId, documentId, chunkId });
      return { state: chunk && chunkView(chunk) };
    },
    conversation: async ({ tenantId, params: { id: conversationId = '' } }) => {
      const { conversation } = await conversations.getConversation({ tenantId, conversationId });
      return { state: conversation && conversationView(conversation) };
    },
    dataset: async ({ tenantId, params: { id: datasetId } }) =>
      datasetId === undefined
        ? {}
        : { state: datasetView((await datasets.getDataset({ tenantId, datasetId })).dataset) },
    document: async ({ tenantId, params: { dataset: datasetId = '', id: documentId } }) =>
      documentId === undefined
        ? {}
        : { state: documentView((await datasets.getDocument({ tenantId, datasetId, documentId })).document) },
    file: async ({ tenantId, params: { id: fileId = '' } }) => {
      const { file } = await storedFiles.getFile({ tenantId, fileId });
      return { state: file && fileView(file) };
    },
    retention: async ({ tenantId }) => ({
      id: tenantId,
      state: retentionView(await ports.retention.getRetention({ tenantId })),
    }),
    schedule: async ({ tenantId, params: { id } }) => {
      const found = (await entries.listSchedules({ tenantId, workflowId: '' })).schedules.find((one) => one.id === id);
      return { state: found && scheduleView(found) };
    },
    webhook: async ({ tenantId, params: { id } }) => {
      const found = (await entries.listWebhooks({ tenantId, workflowId: '' })).webhooks.find((one) => one.id === id);
      return { state: found && webhookView(found, '') };
    },
    workflow: async ({ tenantId, params: { id: workflowId } }) => {
      if (workflowId === undefined) return {};
      const { workflow, version } = await workflows.getWorkflow({ tenantId, workflowId, version: 0 });
      const document_sha256 = version?.source && sha256(version.source.documentJson);
      return { state: workflow && { ...workflowView(workflow), document_sha256 } };
    },
  };
}

function peopleSubjects({ manageKeys, organisations, roles, users }: Identity): Readers {
  return {
    key: async ({ tenantId, params: { id = '' } }) => {
      const [key] = /^\d{1,9}$/.test(id) ? await manageKeys.list(tenantId, Number(id) + 1, 1) : [];
      if (key?.id !== Number(id)) return {};
      const { name, prefix, scopes, bound, expiresAt } = key;
      return { state: { name, prefix, scopes, bound, expires_at: expiresAt } };
    },
    organisation: async ({ tenantId }) => ({
      id: tenantId,
      state: organisationView(await organisations.get(tenantId)),
    }),
    role: async ({ tenantId, params: { name } }) => {
      const role = (await roles.list(tenantId)).find((one) => one.name === name);
      return { state: role && roleView(role) };
    },
    user: async ({ tenantId, params: { id } }) =>
      id === undefined ? {} : { state: userView(await users.get(tenantId, id)) },
  };
}

interface Named {
  readonly name: string;
}

interface ListedPage<T> {
  readonly items: readonly T[];
  readonly nextCursor: string;
}

async function findNamed<T extends Named>(
  name: string | undefined,
  view: (item: T) => unknown,
  list: (page: { cursor: string; limit: number }) => Promise<ListedPage<T>>,
): Promise<unknown> {
  let cursor = '';
  for (let page = 0; name !== undefined && page < maxPages; page++) {
    const { items, nextCursor } = await list({ cursor, limit: pageSize });
    const found = items.find((item) => item.name === name);
    if (found || nextCursor === '') return found && view(found);
    cursor = nextCursor;
  }
  return undefined;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
