import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { ConversationServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import type { Json } from '@treadle/workflow';
import {
  type ConversationCursor,
  type ConversationOrder,
  type ConversationRepository,
  type ConversationRow,
  conversationOrders,
} from '../domain/conversations/conversation.repository.js';
import { noConversation, partitionOfConversation } from '../domain/runs/run-id.js';
import { whose } from '../domain/whose.js';

/** Conversations over gRPC, or called directly in standalone. */
@Controller()
export class ConversationController implements Handlers<typeof ConversationServiceService> {
  constructor(
    private readonly repository: ConversationRepository,
    private readonly now: () => number,
  ) {}

  async listConversations(request: contracts.ListConversationsRequest): Promise<contracts.ListConversationsResponse> {
    const limit = pageSize(request.limit);
    const filter = {
      tenantId: request.tenantId,
      limit: limit + 1,
      ...(request.workflowId ? { workflowId: request.workflowId } : {}),
      ...(request.user ? { user: request.user } : {}),
      ...(request.cursor ? { after: parseCursor(request.cursor) } : {}),
      ...(request.afterId ? { afterId: knownId(request.afterId) } : {}),
      order: orderOf(request.order),
    };
    const rows = await this.repository.list(filter, this.now());
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      conversations: page.map((row) => messageOf(row)),
      nextCursor: last ? `${last.activeAt}.${last.id}` : '',
    };
  }

  async getConversation(request: contracts.GetConversationRequest): Promise<contracts.GetConversationResponse> {
    const row = await this.find(request);
    return { conversation: messageOf(row, JSON.stringify(await this.repository.variables(row.id))) };
  }

  async listMessages(request: contracts.ListMessagesRequest): Promise<contracts.ListMessagesResponse> {
    const { id } = await this.find(request);
    const limit = pageSize(request.limit);
    const before = request.beforeRunId ? knownId(request.beforeRunId) : turnOf(request.cursor);
    const rows = await this.repository.messages(id, before, limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      messages: page.map(({ createdAt, ...message }) => ({ ...message, createdUnixMs: createdAt })),
      nextCursor: last ? String(last.turn) : '',
    };
  }

  async renameConversation(
    request: contracts.RenameConversationRequest,
  ): Promise<contracts.RenameConversationResponse> {
    const { tenantId, conversationId } = request;
    const name = request.name.trim();
    if (name === '' || name.length > 200) {
      throw FailureError.of('invalid_argument', 'A name takes 1 to 200 characters.', { field: 'name' });
    }
    partitionOfConversation(conversationId);
    const row = await this.repository.rename(tenantId, conversationId, name, this.now(), whose(request));
    if (!row) throw noConversation(conversationId);
    return { conversation: messageOf(row) };
  }

  async deleteConversation(
    request: contracts.DeleteConversationRequest,
  ): Promise<contracts.DeleteConversationResponse> {
    const { tenantId, conversationId } = request;
    partitionOfConversation(conversationId);
    const removed = await this.repository.remove(tenantId, conversationId, whose(request));
    if (!removed) throw noConversation(conversationId);
    return {};
  }

  async setConversationVariable(
    request: contracts.SetConversationVariableRequest,
  ): Promise<contracts.SetConversationVariableResponse> {
    const { tenantId, conversationId, name, valueJson } = request;
    partitionOfConversation(conversationId);
    const value = JSON.parse(valueJson) as Json;
    const theirs = whose(request);
    if (!(await this.repository.setVariable(tenantId, conversationId, name, value, theirs, this.now())))
      throw noConversation(conversationId);
    return {};
  }

  private async find(request: contracts.GetConversationRequest) {
    const { tenantId, conversationId } = request;
    partitionOfConversation(conversationId);
    const row = await this.repository.find(tenantId, conversationId, this.now(), whose(request));
    if (!row) throw noConversation(conversationId);
    return row;
  }
}

function pageSize(wanted: number): number {
  return Math.min(Math.max(wanted || 20, 1), 100);
}

function parseCursor(cursor: string): ConversationCursor {
  const [activeAt = '', id = ''] = cursor.split('.');
  if (!/^\d{1,15}$/.test(activeAt)) throw badCursor();
  partitionOfConversation(id);
  return { activeAt: Number(activeAt), id };
}

function orderOf(wanted = ''): ConversationOrder {
  const order = conversationOrders.find((known) => known === (wanted || 'active'));
  if (order) return order;
  throw FailureError.of('invalid_argument', `There is no order "${wanted.slice(0, 50)}".`, { field: 'order' });
}

/** An id that the database can read. */
function knownId(id: string): string {
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  throw badCursor();
}

/** The turn a page of messages begins before; `undefined` for the first page. */
function turnOf(cursor: string): number | undefined {
  if (cursor === '') return undefined;
  if (!/^\d{1,9}$/.test(cursor)) throw badCursor();
  return Number(cursor);
}

function badCursor(): FailureError {
  return FailureError.of('invalid_argument', 'This cursor is not one that a page before gave.', { field: 'cursor' });
}

function messageOf(row: ConversationRow, variablesJson = ''): contracts.Conversation {
  return {
    id: row.id,
    workflowId: row.workflowId,
    user: row.user,
    name: row.name,
    turns: row.turns,
    createdUnixMs: row.createdAt,
    activeUnixMs: row.activeAt,
    expiresUnixMs: row.expiresAt ?? 0,
    variablesJson,
    inputsJson: row.inputsJson ?? '',
  };
}
