import { isJsonObject, type Json, type Read, type Selector, valueAsText } from '@treadle/workflow';
import type { ChatMessage } from '../capabilities.js';
import type { HistoryTurn } from '../define-node.js';
import { isChosen } from '../fields.js';

/** What a model is to know: a text as it is; of a list, such as what a search found, the contents one below the other. */
export function contextText(selector: Selector | readonly [], read: Read): string {
  const value = isChosen(selector) ? (read(selector) ?? null) : null;
  if (!Array.isArray(value)) return valueAsText(value);
  return (value as readonly Json[]).map(contentOf).join('\n');
}

function contentOf(item: Json): string {
  return isJsonObject(item) && typeof item.content === 'string' ? item.content : valueAsText(item);
}

/** An earlier turn as the model is told of it. */
export function turnMessages({ query, answer }: HistoryTurn): ChatMessage[] {
  return [
    { role: 'user', text: query },
    { role: 'assistant', text: answer },
  ];
}
