import type { JsonObject } from '@treadle/workflow';
import type { TakenOver } from '../runs/continuation.js';
import type { LiveRun } from '../runs/live-run.js';
import type { ConversationTurns } from './conversation-turns.js';
import { variablesFor } from './turn.js';

export interface TurnQueueOptions {
  readonly conversations: Pick<ConversationTurns, 'outlook'>;
  /** What a queued run that continues another one begins with, where the conversation's variables are stored like this. */
  readonly takenOver: (run: LiveRun, stored: JsonObject) => Promise<TakenOver>;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/**
 * The queued runs of the owned partitions. A turn begins when no earlier one waits or is being run; what is paused waits for a
 * person or a moment and holds nobody up. Whether that is so is read from the database each time, so that a run whose fate is not
 * known here blocks until it is.
 */
export class TurnQueue {
  /** By conversation, then by turn. */
  private readonly waiting = new Map<string, Map<number, LiveRun>>();

  constructor(private readonly options: TurnQueueOptions) {}

  /** Takes a run that was queued, and begins it if it is its turn. */
  add(run: LiveRun): void {
    const { conversationId, turn } = run.facts;
    const turns = this.waiting.get(conversationId) ?? new Map<number, LiveRun>();
    this.waiting.set(conversationId, turns.set(turn, run));
    this.advance(conversationId);
  }

  /** A run has left memory: it ended, rests, or is no longer ours. */
  left(run: LiveRun): void {
    const { conversationId } = run.facts;
    if (!this.waiting.has(conversationId)) return;
    this.forget(run);
    this.advance(conversationId);
  }

  /** Looks again at all that waits, for when a reading failed. Called every few seconds. */
  async advanceAll(): Promise<void> {
    for (const conversationId of [...this.waiting.keys()]) await this.beginFirst(conversationId);
  }

  private advance(conversationId: string): void {
    this.beginFirst(conversationId).catch(this.options.onError);
  }

  private async beginFirst(conversationId: string): Promise<void> {
    const turns = this.waiting.get(conversationId);
    const run = turns?.get(Math.min(...turns.keys()));
    if (!run) return;
    const { isBlocked, variables } = await this.options.conversations.outlook(conversationId, run.facts.turn);
    if (isBlocked) return;
    const takenOver = run.state.continues && (await this.options.takenOver(run, variables));
    this.forget(run);
    const { inputs, sys } = run.state.scopes;
    const { environment } = run.plan;
    const given = { at: this.options.now(), inputs, sys, environment };
    if (takenOver) await run.give({ type: 'continue', ...given, ...takenOver });
    else await run.give({ type: 'start', ...given, conversation: variablesFor(run.plan, variables) });
  }

  /** A run that was lost and read again is another one in the same place, and stays. */
  private forget(run: LiveRun): void {
    const { conversationId, turn } = run.facts;
    const turns = this.waiting.get(conversationId);
    if (turns?.get(turn) !== run) return;
    turns.delete(turn);
    if (turns.size === 0) this.waiting.delete(conversationId);
  }
}
