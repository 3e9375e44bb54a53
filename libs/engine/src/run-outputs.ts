import { type Json, type JsonObject, type Plan, valueAsText } from '@treadle/workflow';
import type { RunState } from './state.js';

/** What a finished run gives: the outputs of its end nodes together, or the answers of a chat joined as one (dify-contract: without separator). */
export function runOutputs(plan: Plan, state: Pick<RunState, 'nodes'>): JsonObject {
  const outputs: Record<string, Json> = {};
  let answer: string | undefined;
  for (const node of plan.nodes.values()) {
    if (node.type !== 'end' && node.type !== 'answer') continue;
    const given = state.nodes.get(node.id)?.outputs;
    if (!given) continue;
    if (node.type === 'end') Object.assign(outputs, given);
    else answer = (answer ?? '') + valueAsText(given['answer'] ?? null);
  }
  return answer === undefined ? outputs : { ...outputs, answer };
}
