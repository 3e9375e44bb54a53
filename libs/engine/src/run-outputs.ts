import { type Graph, type Json, type JsonObject, valueAsText } from '@treadle/workflow';
import type { Frame } from './state.js';

/** What a finished run, or a round, gives: the outputs of its end nodes together, or the answers of a chat joined as one (dify-contract: without separator). */
export function runOutputs(graph: Graph, states: Frame['nodes']): JsonObject {
  const outputs: Record<string, Json> = {};
  let answer: string | undefined;
  for (const node of graph.nodes.values()) {
    if (node.type !== 'end' && node.type !== 'answer') continue;
    const given = states.get(node.id)?.outputs;
    if (!given) continue;
    if (node.type === 'end') Object.assign(outputs, given);
    else answer = (answer ?? '') + valueAsText(given['answer'] ?? null);
  }
  return answer === undefined ? outputs : { ...outputs, answer };
}
