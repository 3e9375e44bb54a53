import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Json } from '@treadle/workflow';
import type { FastifyRequest } from 'fastify';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { AppConversations } from './app-conversations.js';
import {
  conversationListSchema,
  conversationSchema,
  type ListConversationsQuery,
  type ListVariablesQuery,
  listConversationsSchema,
  listVariablesSchema,
  type RenameBody,
  renameSchema,
  type SetVariableBody,
  setVariableSchema,
  variableListSchema,
  variableSchema,
} from './conversation.schemas.js';
import { difyErrorSchema, optionalUserSchema } from './dify.schemas.js';
import { userOf } from './user-of.js';

@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/conversations')
export class DifyConversationsController {
  constructor(private readonly conversations: AppConversations) {}

  @Get()
  @Requires('conversations:read', 'the app of the key')
  @ApiOperation({ summary: 'The conversations of an end user' })
  @ApiResponse({ status: 200, standardSchema: conversationListSchema })
  async list(@Req() http: FastifyRequest, @Query({ schema: listConversationsSchema }) query: ListConversationsQuery) {
    return this.conversations.list(http, query);
  }

  @Post(':id/name')
  @Requires('conversations:write', 'the app of the key')
  @Audited('conversation', 'rename')
  @HttpCode(200)
  @ApiOperation({ summary: 'Name a conversation, or have its model do that' })
  @ApiResponse({ status: 200, standardSchema: conversationSchema })
  async rename(
    @Req() http: FastifyRequest,
    @Param('id') id: string,
    @Body({ schema: renameSchema }) { user, name, auto_generate: isAutomatic }: RenameBody,
  ) {
    return this.conversations.rename(http, { id, user }, isAutomatic ? undefined : name);
  }

  @Delete(':id')
  @Requires('conversations:write', 'the app of the key')
  @Audited('conversation', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a conversation; its runs stay' })
  @ApiResponse({ status: 204 })
  async remove(
    @Req() http: FastifyRequest,
    @Param('id') id: string,
    @Body({ schema: optionalUserSchema }) body: { user?: string | null },
  ): Promise<void> {
    await this.conversations.remove(http, { id, user: userOf(http, body) });
  }

  @Get(':id/variables')
  @Requires('conversations:read', 'the app of the key')
  @ApiOperation({ summary: 'What a conversation remembers' })
  @ApiResponse({ status: 200, standardSchema: variableListSchema })
  async variables(
    @Req() http: FastifyRequest,
    @Param('id') id: string,
    @Query({ schema: listVariablesSchema }) query: ListVariablesQuery,
  ) {
    return this.conversations.variables(http, { id, user: query.user }, query);
  }

  @Put(':id/variables/:variable')
  @Requires('conversations:write', 'the app of the key')
  @Audited('conversation', 'set-variable')
  @ApiOperation({ summary: 'Have a conversation remember something else' })
  @ApiResponse({ status: 200, standardSchema: variableSchema })
  async setVariable(
    @Req() http: FastifyRequest,
    @Param('id') id: string,
    @Param('variable') variable: string,
    @Body({ schema: setVariableSchema }) { user, value }: SetVariableBody,
  ) {
    return this.conversations.setVariable(http, { id, user }, variable, value as Json);
  }

  @Patch(':id/variables/:variable')
  @Requires('conversations:write', 'the app of the key')
  @Audited('conversation', 'set-variable')
  @ApiOperation({ summary: 'The same, as some clients write it' })
  @ApiResponse({ status: 200, standardSchema: variableSchema })
  async patchVariable(
    @Req() http: FastifyRequest,
    @Param('id') id: string,
    @Param('variable') variable: string,
    @Body({ schema: setVariableSchema }) body: SetVariableBody,
  ) {
    return this.setVariable(http, id, variable, body);
  }
}
