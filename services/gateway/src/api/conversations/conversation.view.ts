import type { Conversation, ConversationMessage } from '@treadle/contracts';
import type { JsonObject } from '@treadle/workflow';
import { moment } from '../runs/run.view.js';

export function conversationView(conversation: Conversation) {
  return {
    id: conversation.id,
    workflow_id: conversation.workflowId,
    user: conversation.user || null,
    name: conversation.name,
    turns: conversation.turns,
    created_at: moment(conversation.createdUnixMs),
    active_at: moment(conversation.activeUnixMs),
    expires_at: moment(conversation.expiresUnixMs),
  };
}

export function conversationWithVariablesView(conversation: Conversation) {
  const variables = JSON.parse(conversation.variablesJson || '{}') as JsonObject;
  return { ...conversationView(conversation), variables };
}

export function messageView({ runId, turn, status, query, answer, createdUnixMs }: ConversationMessage) {
  return {
    run_id: runId,
    turn,
    status,
    query,
    answer: status === 'completed' ? answer : null,
    created_at: moment(createdUnixMs),
  };
}
