import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { StoredKey } from '../../domain/keys/api-key.js';
import { type MadeKey, ManageKeys } from '../../domain/keys/manage-keys.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { callerOf } from '../auth/caller-of.js';
import { errorSchema } from '../errors/error-body.js';
import {
  type CreateKeyBody,
  createKeySchema,
  keyPageSchema,
  type ListKeysQuery,
  listKeysSchema,
  madeKeySchema,
  rotateKeySchema,
} from './key.schemas.js';
import { keyId } from './key-id.js';

@ApiTags('keys')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/keys')
export class KeysController {
  constructor(private readonly keys: ManageKeys) {}

  @Get()
  @Requires('keys:manage')
  @ApiOperation({ summary: 'List API keys, newest first' })
  @ApiResponse({ status: 200, standardSchema: keyPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listKeysSchema }) { cursor, limit }: ListKeysQuery) {
    const found = await this.keys.list(tenantId, cursor, limit + 1);
    const items = found.slice(0, limit);
    return { items: items.map(keyView), next_cursor: found.length > limit ? String(items.at(-1)?.id) : null };
  }

  @Post()
  @Requires('keys:manage')
  @Audited('key', 'create')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Create an API key' })
  @ApiResponse({ status: 201, standardSchema: madeKeySchema })
  async create(@Req() request: FastifyRequest, @Body({ schema: createKeySchema }) body: CreateKeyBody) {
    const { name, scopes, workflow_id, dataset_id, expires_at } = body;
    const bound = workflow_id ? { workflowId: workflow_id } : dataset_id ? { datasetId: dataset_id } : undefined;
    return madeView(await this.keys.create(callerOf(request), { name, scopes, bound, expiresAt: expires_at }));
  }

  @Post(':id/rotate')
  @Requires('keys:manage')
  @Audited('key', 'rotate')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Make a new key in the place of this one, which works a while longer' })
  @ApiResponse({ status: 200, standardSchema: madeKeySchema })
  async rotate(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Body({ schema: rotateKeySchema }) { overlap_seconds }: { overlap_seconds: number },
  ) {
    const until = new Date(Date.now() + overlap_seconds * 1000);
    return madeView(await this.keys.rotate(callerOf(request), keyId(id), until));
  }

  @Delete(':id')
  @Requires('keys:manage')
  @Audited('key', 'revoke')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key: it is refused everywhere within five seconds' })
  async revoke(@Req() { tenantId }: FastifyRequest, @Param('id') id: string): Promise<void> {
    await this.keys.revoke(tenantId, keyId(id));
  }
}

function madeView({ key, secret }: MadeKey) {
  return { ...keyView(key), key: secret };
}

function keyView(key: StoredKey) {
  const { id, name, prefix, scopes, bound, createdBy, createdAt, lastUsedAt, expiresAt } = key;
  return {
    id,
    name,
    prefix,
    scopes: scopes ?? null,
    workflow_id: bound && 'workflowId' in bound ? bound.workflowId : null,
    dataset_id: bound && 'datasetId' in bound ? bound.datasetId : null,
    created_by: createdBy || null,
    created_at: createdAt.toISOString(),
    last_used_at: lastUsedAt?.toISOString() ?? null,
    expires_at: expiresAt?.toISOString() ?? null,
  };
}
