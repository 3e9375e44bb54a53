import type * as contracts from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Conversations } from '../src/domain/ports.js';

/** The orchestrator's conversations in memory, one page long. It remembers what it was asked to list. */
export class FakeConversations implements Conversations {
  readonly stored = new Map<string, contracts.Conversation>();
  readonly said: contracts.ConversationMessage[] = [];
  readonly listed: unknown[] = [];

  async listConversations(request: contracts.ListConversationsRequest) {
    this.listed.push(request);
    return { conversations: [...this.stored.values()], nextCursor: 'next' };
  }

  async getConversation({ conversationId }: contracts.GetConversationRequest) {
    return { conversation: this.find(conversationId) };
  }

  async listMessages(request: contracts.ListMessagesRequest) {
    this.listed.push(request);
    this.find(request.conversationId);
    return { messages: this.said, nextCursor: '' };
  }

  async renameConversation({ conversationId, name }: contracts.RenameConversationRequest) {
    const conversation = { ...this.find(conversationId), name };
    this.stored.set(conversationId, conversation);
    return { conversation };
  }

  async deleteConversation({ conversationId }: contracts.DeleteConversationRequest) {
    this.find(conversationId);
    this.stored.delete(conversationId);
    return {};
  }

  async setConversationVariable({ conversationId }: contracts.SetConversationVariableRequest) {
    this.find(conversationId);
    return {};
  }

  private find(id: string): contracts.Conversation {
    const found = this.stored.get(id);
    if (!found) throw FailureError.of('not_found', `There is no conversation ${id}.`, { field: 'conversation_id' });
    return found;
  }
}
