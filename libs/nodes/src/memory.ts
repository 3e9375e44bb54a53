import type { HistoryWindow } from '@treadle/workflow';
import { z } from 'zod';
import type { HistoryTurn } from './define-node.js';

/** The most turns shown where the window sets no number. */
const mostTurns = 500;
/** Leaves room for the prompt and the answer in the smallest context in use today. */
const defaultTokens = 8000;

/** What a node is shown of the conversation's earlier turns. */
export const memorySchema = z.object({
  window: z
    .object({
      /** Whether `size` counts; `tokens` always does. */
      enabled: z.boolean().default(false),
      /** The most turns, the newest first. */
      size: z.number().min(0).nullish(),
      /** The most tokens, as estimated from the text; 8,000 unless it says otherwise. */
      tokens: z.number().min(0).nullish(),
    })
    .nullish(),
  /** The user's turn, added after the prompt; empty takes the run's query. */
  query_prompt_template: z.string().nullish(),
  /** What stands before each message where the history is told as one text. */
  role_prefix: z.object({ user: z.string().nullish(), assistant: z.string().nullish() }).nullish(),
});

export type Memory = z.infer<typeof memorySchema>;

/** The earlier turns as one text, a line a message. */
export function historyText(memory: Memory | null | undefined, history: readonly HistoryTurn[]): string {
  const user = memory?.role_prefix?.user || 'Human';
  const assistant = memory?.role_prefix?.assistant || 'Assistant';
  return history.map(({ query, answer }) => `${user}: ${query}\n${assistant}: ${answer}`).join('\n');
}

export function windowOf({ window }: Memory): HistoryWindow {
  const turns = window?.enabled === true ? (window.size ?? mostTurns) : mostTurns;
  return { turns: Math.min(turns, mostTurns), tokens: window?.tokens ?? defaultTokens };
}
