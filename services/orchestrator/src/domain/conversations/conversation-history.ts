import type { HistoryTurn } from '@treadle/contracts';
import type { HistoryWindow } from '@treadle/workflow';
import type { LiveRun } from '../runs/live-run.js';
import type { ConversationTurns } from './conversation-turns.js';

/** What a run's node is shown of the turns before it that were completed, oldest first. */
export async function historyFor(
  conversations: Pick<ConversationTurns, 'history'>,
  run: LiveRun,
  { turns, tokens }: HistoryWindow,
): Promise<HistoryTurn[]> {
  const { conversationId } = run.facts;
  const turn = turnOf(run);
  if (conversationId === '' || turn < 2 || turns < 1) return [];
  return newestWithin(await conversations.history(conversationId, turn, turns), tokens);
}

/** A run that continues a turn is shown what that was. */
function turnOf({ facts, state }: LiveRun): number {
  return facts.turn || Number(state.scopes.sys['dialogue_count'] ?? 0) + 1;
}

/** The newest of these turns (given oldest first) that together take no more tokens. Turns are never cut. */
export function newestWithin(turns: readonly HistoryTurn[], tokens: number): HistoryTurn[] {
  let left = tokens;
  const tooMuch = turns.findLastIndex(({ query, answer }) => {
    left -= estimatedTokens(query) + estimatedTokens(answer);
    return left < 0;
  });
  return turns.slice(tooMuch + 1);
}

/** Four letters of Latin text make about one token, and so does every character of other scripts. */
function estimatedTokens(text: string): number {
  const others = text.match(/[\u0250-\u{10ffff}]/gu)?.length ?? 0;
  return Math.ceil((text.length - others) / 4) + others;
}
