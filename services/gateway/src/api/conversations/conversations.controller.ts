import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Conversation } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Conversations } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { CONVERSATIONS } from '../tokens.js';
import {
  conversationPageSchema,
  conversationSchema,
  conversationWithVariablesSchema,
  type ListConversationsQuery,
  type ListMessagesQuery,
  listConversationsSchema,
  listMessagesSchema,
  messagePageSchema,
  renameConversationSchema,
} from './conversation.schemas.js';
import { conversationView, conversationWithVariablesView, messageView } from './conversation.view.js';

@ApiTags('conversations')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/conversations')
export class ConversationsController {
  constructor(@Inject(CONVERSATIONS) private readonly conversations: Conversations) {}

  @Get()
  @Requires('conversations:read', { workflowQuery: 'workflow_id' })
  @ApiOperation({ summary: 'List conversations, newest activity first' })
  @ApiResponse({ status: 200, standardSchema: conversationPageSchema })
  async list(
    @Req() { tenantId }: FastifyRequest,
    @Query({ schema: listConversationsSchema }) { workflow_id: workflowId, ...rest }: ListConversationsQuery,
  ) {
    const page = await this.conversations.listConversations({ tenantId, workflowId, ...rest });
    return { items: page.conversations.map(conversationView), next_cursor: page.nextCursor || null };
  }

  @Get(':id')
  @Requires('conversations:read', { conversation: 'id' })
  @ApiOperation({ summary: 'One conversation with its variables' })
  @ApiResponse({ status: 200, standardSchema: conversationWithVariablesSchema })
  async get(@Req() { tenantId }: FastifyRequest, @Param('id') conversationId: string) {
    const { conversation } = await this.conversations.getConversation({ tenantId, conversationId });
    return conversationWithVariablesView(existing(conversation, conversationId));
  }

  @Get(':id/messages')
  @Requires('conversations:read', { conversation: 'id' })
  @ApiOperation({ summary: 'The turns of a conversation that are over, newest first' })
  @ApiResponse({ status: 200, standardSchema: messagePageSchema })
  async messages(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') conversationId: string,
    @Query({ schema: listMessagesSchema }) query: ListMessagesQuery,
  ) {
    const page = await this.conversations.listMessages({ tenantId, conversationId, ...query });
    return { items: page.messages.map(messageView), next_cursor: page.nextCursor || null };
  }

  @Patch(':id')
  @Requires('conversations:write', { conversation: 'id' })
  @Audited('conversation', 'rename')
  @ApiOperation({ summary: 'Rename a conversation' })
  @ApiResponse({ status: 200, standardSchema: conversationSchema })
  async rename(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') conversationId: string,
    @Body({ schema: renameConversationSchema }) { name }: { name: string },
  ) {
    const { conversation } = await this.conversations.renameConversation({ tenantId, conversationId, name });
    return conversationView(existing(conversation, conversationId));
  }

  @Delete(':id')
  @Requires('conversations:write', { conversation: 'id' })
  @Audited('conversation', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a conversation with its messages and variables; its runs stay' })
  async remove(@Req() { tenantId }: FastifyRequest, @Param('id') conversationId: string): Promise<void> {
    await this.conversations.deleteConversation({ tenantId, conversationId });
  }
}

function existing(conversation: Conversation | undefined, id: string): Conversation {
  if (conversation) return conversation;
  throw FailureError.of('not_found', `There is no conversation ${id.slice(0, 100)}.`, { field: 'id' });
}
