import type { HistoryTurn } from '@treadle/contracts';
import type { JsonObject } from '@treadle/workflow';

/** A conversation as its next turn finds it. */
export interface ConversationHead {
  readonly tenantId: string;
  readonly workflowId: string;
  readonly user: string;
  /** How many turns were begun. */
  readonly turns: number;
  /** How many of them wait for their turn, and how many are being run; paused ones are neither. */
  readonly pending: number;
  readonly running: number;
  /** As the turns that are over have left them. */
  readonly variables: JsonObject;
}

/** What decides whether a turn may begin, and what it begins with. */
export interface TurnOutlook {
  /** Whether an earlier turn waits or is being run. */
  readonly isBlocked: boolean;
  readonly variables: JsonObject;
}

/** Reads of conversations what the turns in them need. What turns leave there is written by the journal, with the run's end. */
export interface ConversationTurns {
  /** `undefined` when there is no such conversation, or its time was over at `at` (milliseconds since the epoch). */
  head(conversationId: string, at: number): Promise<ConversationHead | undefined>;
  outlook(conversationId: string, turn: number): Promise<TurnOutlook>;
  /**
   * The newest completed turns before this one, oldest first: at most so many, and at most 256 KiB of text. Of a conversation
   * that was deleted none.
   */
  history(conversationId: string, beforeTurn: number, limit: number): Promise<HistoryTurn[]>;
}
