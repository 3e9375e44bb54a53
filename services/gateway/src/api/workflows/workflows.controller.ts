import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import { WorkflowStore } from '../../domain/workflow-store.js';
import { Audited } from '../audit/audited.js';
import { Requires, routeConfig } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { publicAddress } from '../server/public-address.js';
import { PUBLIC_URL } from '../tokens.js';
import { publishedWebhookViews } from '../triggers/trigger.view.js';
import {
  createWorkflowQuery,
  getWorkflowQuery,
  type ListWorkflowsQuery,
  listWorkflowsQuery,
  publishedWorkflowSchema,
  publishWorkflowSchema,
  storedWorkflowSchema,
  versionListSchema,
  workflowPageSchema,
  workflowWithDocumentSchema,
} from './workflow.schemas.js';
import { storedWorkflowView, versionView, workflowView, workflowWithDocumentView } from './workflow.view.js';

/** The body is a document, given to the handler as text: it is stored as it was sent, and YAML comes under many content types. */
const document = { rawText: true };
const documentBody = {
  description: 'A Treadle document or a Dify file, as JSON or YAML, at most 10 MB.',
  schema: { type: 'object', additionalProperties: true } as const,
};

@ApiTags('workflows')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/workflows')
export class WorkflowsController {
  constructor(
    private readonly workflows: WorkflowStore,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
  ) {}

  @Post()
  @Requires('workflows:write')
  @Audited('workflow', 'create')
  @routeConfig(document)
  @ApiOperation({ summary: 'Create a workflow from a document' })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiBody(documentBody)
  @ApiResponse({ status: 201, standardSchema: storedWorkflowSchema })
  async create(
    @Req() { tenantId, body }: FastifyRequest,
    @Query({ schema: createWorkflowQuery }) { name = '' }: { name?: string },
  ) {
    const { workflow, warningsJson } = await this.workflows.create(tenantId, textOf(body), name);
    return storedWorkflowView(workflow, warningsJson);
  }

  @Get()
  @Requires('workflows:read')
  @ApiOperation({ summary: 'List workflows' })
  @ApiResponse({ status: 200, standardSchema: workflowPageSchema })
  async list(
    @Req() { tenantId }: FastifyRequest,
    @Query({ schema: listWorkflowsQuery }) { cursor, limit }: ListWorkflowsQuery,
  ) {
    const page = await this.workflows.client.listWorkflows({ tenantId, cursor, limit });
    return { items: page.workflows.map(workflowView), next_cursor: page.nextCursor || null };
  }

  @Get(':id')
  @Requires('workflows:read', { workflow: 'id' })
  @ApiOperation({ summary: 'One workflow with the document of a version' })
  @ApiResponse({ status: 200, standardSchema: workflowWithDocumentSchema })
  async get(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') workflowId: string,
    @Query({ schema: getWorkflowQuery }) { version = 0 }: { version?: number },
  ) {
    const found = await this.workflows.client.getWorkflow({ tenantId, workflowId, version });
    return workflowWithDocumentView(existing(found.workflow, workflowId), existing(found.version, workflowId));
  }

  @Put(':id')
  @Requires('workflows:write', { workflow: 'id' })
  @Audited('workflow', 'update')
  @routeConfig(document)
  @ApiOperation({ summary: 'Store a document as a new draft version' })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiBody(documentBody)
  @ApiResponse({ status: 200, standardSchema: storedWorkflowSchema })
  async update(@Req() { tenantId, body }: FastifyRequest, @Param('id') workflowId: string) {
    const { workflow, warningsJson } = await this.workflows.update(tenantId, workflowId, textOf(body));
    return storedWorkflowView(workflow, warningsJson);
  }

  @Post(':id/publish')
  @Requires('workflows:write', { workflow: 'id' })
  @Audited('workflow', 'publish')
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a version the one that runs by default; it never changes again' })
  @ApiResponse({ status: 200, standardSchema: publishedWorkflowSchema })
  async publish(
    @Req() request: FastifyRequest,
    @Param('id') workflowId: string,
    @Body({ schema: publishWorkflowSchema }) { version = 0 }: { version?: number },
  ) {
    const { tenantId } = request;
    const { workflow, webhooks } = await this.workflows.client.publishWorkflow({ tenantId, workflowId, version });
    const views = publishedWebhookViews(webhooks, publicAddress(request, this.publicUrl));
    return { ...workflowView(existing(workflow, workflowId)), webhooks: views };
  }

  @Get(':id/versions')
  @Requires('workflows:read', { workflow: 'id' })
  @ApiOperation({ summary: 'The versions of a workflow, newest first' })
  @ApiResponse({ status: 200, standardSchema: versionListSchema })
  async versions(@Req() { tenantId }: FastifyRequest, @Param('id') workflowId: string) {
    const { versions } = await this.workflows.client.listWorkflowVersions({ tenantId, workflowId });
    return { items: versions.map(versionView) };
  }
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : '';
}

function existing<T>(value: T | undefined, id: string): T {
  if (value === undefined)
    throw FailureError.of('not_found', `There is no workflow ${id.slice(0, 100)}.`, { field: 'id' });
  return value;
}
