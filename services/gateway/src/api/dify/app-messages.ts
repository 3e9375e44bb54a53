import type { ConversationMessage } from '@treadle/contracts';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import type { FastifyRequest } from 'fastify';
import { endUserId } from '../../domain/end-users.js';
import { namedUuid } from '../../domain/named-uuid.js';
import type { Conversations, Feedbacks, Runs } from '../../domain/ports.js';
import { type Apps, appOf, featuresOf, objectOr } from './app.js';
import type { AppModel } from './app-model.js';
import { difyFailure } from './dify-error.js';
import type { FeedbackBody, ListFeedbackQuery, ListMessagesQuery } from './message.schemas.js';
import { objectOf, seconds } from './run.view.js';

const suggestionTask =
  'Suggest three short questions that the user could ask next, in the language of the conversation. Answer with a JSON array of three texts and nothing else.';

/** What was said in an app's conversations, and what its end users think of it. A message is a run. */
export class AppMessages {
  constructor(
    private readonly apps: Apps,
    private readonly conversations: Pick<Conversations, 'listMessages'>,
    private readonly feedbacks: Feedbacks,
    private readonly runs: Pick<Runs, 'getRun'>,
    private readonly model: AppModel,
  ) {}

  async list(http: FastifyRequest, { user, conversation_id: conversationId, first_id, limit }: ListMessagesQuery) {
    const page = { ...appOf(http), conversationId, user, limit, beforeRunId: first_id, cursor: '' };
    const { messages, nextCursor } = await this.conversations.listMessages(page);
    const data = messages.map((message, index) => messageView(message, conversationId, messages[index + 1]?.runId));
    return { limit, has_more: nextCursor !== '', data: data.reverse() };
  }

  /** Asks the model of the app. @throws FailureError Dify's `bad_request` where the app does not offer that */
  async suggested(http: FastifyRequest, runId: string, user: string): Promise<string[]> {
    const app = await this.apps.of(http);
    const { run } = await this.runs.getRun({ ...appOf(http), runId, user });
    if (objectOr(featuresOf(app)['suggested_questions_after_answer'])?.['enabled'] !== true)
      throw difyFailure('bad_request', 'This app suggests no questions. Switch that on in its features.');
    if (!run || run.conversationId === '') return [];
    const page = { ...appOf(http), conversationId: run.conversationId, user, limit: 3, cursor: '' };
    const { messages } = await this.conversations.listMessages(page);
    const said = messages.reverse().map(({ query, answer }) => `User: ${query}\nAssistant: ${answer}`);
    return questionsIn(await this.model.ask(http, app, [suggestionTask, said.join('\n')]));
  }

  async rate(http: FastifyRequest, runId: string, { user, rating, content }: FeedbackBody): Promise<void> {
    await this.feedbacks.giveFeedback({ ...appOf(http), runId, user, rating, content });
  }

  async feedback(http: FastifyRequest, { page, limit }: ListFeedbackQuery) {
    const { tenantId, workflowId } = appOf(http);
    const found = await this.feedbacks.listFeedback({ tenantId, workflowId, skip: (page - 1) * limit, limit });
    return found.feedback.map(({ runId, conversationId, user, rating, content, createdUnixMs, updatedUnixMs }) => ({
      id: namedUuid('feedback', runId),
      app_id: workflowId,
      conversation_id: conversationId,
      message_id: runId,
      rating,
      content: content || null,
      from_source: 'user',
      from_end_user_id: endUserId(tenantId, workflowId, user),
      from_account_id: null,
      created_at: new Date(createdUnixMs).toISOString(),
      updated_at: new Date(updatedUnixMs).toISOString(),
    }));
  }
}

function messageView(message: ConversationMessage, conversationId: string, parent: string | undefined) {
  const { runId, status, query, answer, createdUnixMs, error = '', rating = '' } = message;
  return {
    id: runId,
    conversation_id: conversationId,
    parent_message_id: parent ?? null,
    inputs: objectOf(message.inputsJson ?? ''),
    query,
    answer,
    status: status === 'failed' ? ('error' as const) : ('normal' as const),
    error: error || null,
    message_files: filesOf(message.filesJson ?? ''),
    feedback: rating === '' ? null : { rating },
    retriever_resources: [],
    agent_thoughts: [],
    created_at: seconds(createdUnixMs) ?? 0,
  };
}

function filesOf(json: string): JsonObject[] {
  const files = json === '' ? [] : (JSON.parse(json) as Json);
  if (!Array.isArray(files)) return [];
  return (files as readonly Json[]).filter(isJsonObject).map((file) => {
    const id = typeof file['related_id'] === 'string' ? file['related_id'] : null;
    return {
      id: id ?? namedUuid('file', JSON.stringify(file)),
      filename: file['name'] ?? '',
      type: file['type'] ?? 'custom',
      url: id === null ? (file['url'] ?? '') : `/v1/files/${id}/preview`,
      mime_type: file['mime_type'] ?? '',
      size: file['size'] ?? 0,
      transfer_method: file['transfer_method'] ?? '',
      belongs_to: 'user',
      upload_file_id: id,
    };
  });
}

/** Models like to wrap what they were asked for. */
function questionsIn(answer = ''): string[] {
  const [list] = /\[[\s\S]*\]/.exec(answer) ?? [];
  try {
    const questions: unknown = JSON.parse(list ?? '[]');
    return Array.isArray(questions)
      ? questions.filter((one): one is string => typeof one === 'string').slice(0, 3)
      : [];
  } catch {
    return [];
  }
}
