import type { RunStatus } from '@treadle/engine';
import type { Json, JsonObject } from '@treadle/workflow';
import type { Whose } from '../whose.js';

/** A conversation as lists show it. Moments are in milliseconds since the epoch. */
export interface ConversationRow {
  readonly id: string;
  readonly workflowId: string;
  readonly user: string;
  readonly name: string;
  /** How many turns were begun, those under way included. */
  readonly turns: number;
  readonly createdAt: number;
  /** When its newest turn began or ended. */
  readonly activeAt: number;
  /** When it is deleted unless another message comes; absent for never. */
  readonly expiresAt?: number;
  /** What its first turn was given, as JSON; absent until that is over. */
  readonly inputsJson?: string;
}

/** A turn that is over. */
export interface MessageRow {
  readonly runId: string;
  readonly turn: number;
  readonly status: RunStatus;
  readonly query: string;
  readonly answer: string;
  readonly createdAt: number;
  /** As JSON; empty for turns from before these were kept. */
  readonly inputsJson: string;
  readonly filesJson: string;
  readonly error: string;
  /** like, dislike or empty. */
  readonly rating: string;
}

/** By when they were active or created, newest first, or oldest first behind a plus. */
export const conversationOrders = ['active', '+active', 'created', '+created'] as const;
export type ConversationOrder = (typeof conversationOrders)[number];

/** Where a page of conversations begins: behind the one that was active then. */
export interface ConversationCursor {
  readonly activeAt: number;
  readonly id: string;
}

export interface ConversationFilter {
  readonly tenantId: string;
  readonly workflowId?: string;
  readonly user?: string;
  readonly after?: ConversationCursor;
  /** Instead of that: the last one of the page before. */
  readonly afterId?: string;
  readonly order?: ConversationOrder;
  readonly limit: number;
}

/**
 * Conversations for whoever looks after them. Every question but the last is bound to a tenant. One whose time was over at `at`
 * (milliseconds since the epoch) does not exist any more.
 */
export interface ConversationRepository {
  /** Newest activity first. */
  list(filter: ConversationFilter, at: number): Promise<ConversationRow[]>;
  find(tenantId: string, id: string, at: number, whose?: Whose): Promise<ConversationRow | undefined>;
  variables(id: string): Promise<JsonObject>;
  /** Newest first; only those before a turn, or before that of a run. */
  messages(id: string, before: number | string | undefined, limit: number): Promise<MessageRow[]>;
  /** False when there is no such conversation. */
  setVariable(tenantId: string, id: string, name: string, value: Json, whose: Whose, at: number): Promise<boolean>;
  /** `undefined` when there is no such conversation. */
  rename(tenantId: string, id: string, name: string, at: number, whose?: Whose): Promise<ConversationRow | undefined>;
  /** Deletes it with its messages and variables; false when there was none. */
  remove(tenantId: string, id: string, whose?: Whose): Promise<boolean>;
  /** Deletes some of those whose time is over and in which no run is under way or paused. Gives their number. */
  removeExpired(at: number, limit: number): Promise<number>;
}
