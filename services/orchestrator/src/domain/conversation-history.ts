import type { HistoryTurn } from '@treadle/contracts';
import type { HistoryWindow } from '@treadle/workflow';
import type { ConversationTurns } from './conversation-turns.js';
import type { LiveRun } from './live-run.js';

/** What a run's node is shown of the turns before it that were completed, oldest first. */
export async function historyFor(
  conversations: Pick<ConversationTurns, 'history'>,
  { facts }: LiveRun,
  { turns, tokens }: HistoryWindow,
): Promise<HistoryTurn[]> {
  if (facts.turn < 2 || turns < 1) return [];
  return newestWithin(await conversations.history(facts.conversationId, facts.turn, turns), tokens);
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
