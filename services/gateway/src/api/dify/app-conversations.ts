import type { Conversation } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { fitsType } from '@treadle/nodes';
import type { Json, JsonObject } from '@treadle/workflow';
import type { FastifyRequest } from 'fastify';
import { namedUuid } from '../../domain/named-uuid.js';
import type { Conversations } from '../../domain/ports.js';
import { type App, type Apps, appOf, featuresOf, requireKind } from './app.js';
import type { AppModel } from './app-model.js';
import type { ListConversationsQuery, ListVariablesQuery } from './conversation.schemas.js';
import { difyFailure } from './dify-error.js';
import { objectOf, seconds } from './run.view.js';

/** A conversation, and whose it has to be. */
export interface OwnConversation {
  readonly id: string;
  readonly user: string;
}

const orders = {
  created_at: '+created',
  '-created_at': 'created',
  updated_at: '+active',
  '-updated_at': 'active',
} as const;

/** The conversations of an app, each for its end user alone. */
export class AppConversations {
  constructor(
    private readonly apps: Apps,
    private readonly conversations: Conversations,
    private readonly model: AppModel,
  ) {}

  async list(http: FastifyRequest, { user, last_id: afterId, limit, sort_by: order }: ListConversationsQuery) {
    const app = await this.chat(http);
    const { tenantId, workflowId } = app;
    const page = { tenantId, workflowId, user, limit, afterId, order: orders[order], cursor: '' };
    const { conversations, nextCursor } = await this.conversations.listConversations(page);
    const data = conversations.map((conversation) => conversationView(conversation, app));
    return { limit, has_more: nextCursor !== '', data };
  }

  /** @param name absent has the model of the app find one */
  async rename(http: FastifyRequest, own: OwnConversation, name: string | undefined) {
    const app = await this.chat(http);
    const question = { ...appOf(http), conversationId: own.id, user: own.user };
    const wanted = name?.trim() ?? (await this.nameFor(http, app, own));
    const { conversation } = await this.conversations.renameConversation({ ...question, name: wanted });
    return conversationView(existing(conversation), app);
  }

  async remove(http: FastifyRequest, { id, user }: OwnConversation): Promise<void> {
    await this.conversations.deleteConversation({ ...appOf(http), conversationId: id, user });
  }

  async variables(http: FastifyRequest, own: OwnConversation, query: ListVariablesQuery) {
    const { limit, last_id: lastId, variable_name: name } = query;
    const all = await this.allVariables(http, own);
    const wanted = name === '' ? all : all.filter((variable) => variable.name === name);
    const from = lastId === '' ? 0 : wanted.findIndex(({ id }) => id === lastId) + 1;
    return { limit, has_more: wanted.length > from + limit, data: wanted.slice(from, from + limit) };
  }

  async setVariable(http: FastifyRequest, own: OwnConversation, id: string, value: Json) {
    const all = await this.allVariables(http, own);
    const variable = all.find((one) => one.id === id);
    if (!variable) throw difyFailure('not_found', 'The conversation has no such variable.');
    const { name, value_type: type } = variable;
    if (!fitsType(type, value))
      throw difyFailure('invalid_param', `The variable "${name}" takes values of the type ${type}.`, 'value');
    const what = { conversationId: own.id, user: own.user, name, valueJson: JSON.stringify(value) };
    await this.conversations.setConversationVariable({ ...appOf(http), ...what });
    return { ...variable, value, updated_at: Math.floor(Date.now() / 1000) };
  }

  /** Those that the app declares, each as the conversation has it. */
  private async allVariables(http: FastifyRequest, { id: conversationId, user }: OwnConversation) {
    const app = await this.chat(http);
    const found = await this.conversations.getConversation({ ...appOf(http), conversationId, user });
    const conversation = existing(found.conversation);
    const stored = objectOf(conversation.variablesJson);
    return app.document.conversation.map(({ name, type, value, description }) => ({
      id: namedUuid('conversation-variable', conversationId, name),
      name,
      value_type: type,
      value: Object.hasOwn(stored, name) ? (stored[name] ?? null) : value,
      description,
      created_at: seconds(conversation.createdUnixMs) ?? 0,
      updated_at: seconds(conversation.activeUnixMs) ?? 0,
    }));
  }

  /** What a model calls it, else the words it began with. */
  private async nameFor(
    http: FastifyRequest,
    app: App,
    { id: conversationId, user }: OwnConversation,
  ): Promise<string> {
    const question = { ...appOf(http), conversationId, user, cursor: '', limit: 100 };
    const { messages } = await this.conversations.listMessages(question);
    const query = messages.at(-1)?.query ?? '';
    const asked =
      'Give this message of a user a title of at most six words, in its own language. Answer with the title alone.';
    const title = query === '' ? undefined : await this.model.ask(http, app, [asked, query]);
    const plain = (title ?? query)
      .replace(/\s+/g, ' ')
      .replace(/^["']|["'.]$/g, '')
      .trim();
    return plain.slice(0, 100) || 'New conversation';
  }

  private async chat(http: FastifyRequest): Promise<App> {
    const app = await this.apps.of(http);
    requireKind(app, 'chat');
    return app;
  }
}

function conversationView(conversation: Conversation, app: App) {
  const { opening_statement: introduction } = featuresOf(app);
  const inputs: JsonObject = objectOf(conversation.inputsJson ?? '');
  return {
    id: conversation.id,
    name: conversation.name,
    inputs,
    status: 'normal' as const,
    introduction: typeof introduction === 'string' ? introduction : '',
    created_at: seconds(conversation.createdUnixMs) ?? 0,
    updated_at: seconds(conversation.activeUnixMs) ?? 0,
  };
}

function existing(conversation: Conversation | undefined): Conversation {
  if (conversation) return conversation;
  throw FailureError.of('internal', 'The orchestrator answered without the conversation.');
}
