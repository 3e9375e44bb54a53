import type { HistoryTurn } from '@treadle/contracts';
import type { JsonObject } from '@treadle/workflow';
import type { ConversationHead, ConversationTurns, TurnOutlook } from '../domain/conversations/conversation-turns.js';
import type { MemoryRunJournal } from './memory-run-journal.js';

/** Conversations as the runs in a journal in memory have made them. They are kept for good. */
export class MemoryConversationTurns implements ConversationTurns {
  constructor(private readonly journal: MemoryRunJournal) {}

  async head(conversationId: string): Promise<ConversationHead | undefined> {
    const runs = this.journal.runsOf(conversationId);
    const [first] = runs;
    if (!first) return undefined;
    const { tenantId, workflowId, user } = first;
    return {
      tenantId,
      workflowId,
      user,
      turns: runs.length,
      ...this.underWay(conversationId),
      ...this.left(conversationId),
    };
  }

  async outlook(conversationId: string, turn: number): Promise<TurnOutlook> {
    const { pending, running } = this.underWay(conversationId, turn);
    return { isBlocked: pending + running > 0, ...this.left(conversationId) };
  }

  async history(conversationId: string, beforeTurn: number, limit: number): Promise<HistoryTurn[]> {
    const said = this.journal.endedIn(conversationId).filter(({ facts, turn }) => {
      return facts.turn < beforeTurn && turn.status === 'completed';
    });
    const inOrder = said.sort((one, other) => one.facts.turn - other.facts.turn).slice(-limit);
    return inOrder.map(({ turn: { query, answer } }) => ({ query, answer }));
  }

  /** How many turns (before one, if given) wait or are being run. */
  private underWay(
    conversationId: string,
    beforeTurn = Number.POSITIVE_INFINITY,
  ): { pending: number; running: number } {
    const before = this.journal.runsOf(conversationId).filter(({ turn }) => turn < beforeTurn);
    const count = (wanted: string) => before.filter(({ status }) => status === wanted).length;
    return { pending: count('pending'), running: count('running') };
  }

  /** The variables as the turns that are over have left them. */
  private left(conversationId: string): { variables: JsonObject } {
    const assigned = this.journal.endedIn(conversationId).map(({ turn }) => turn.assigned);
    return { variables: Object.assign({}, ...assigned) as JsonObject };
  }
}
