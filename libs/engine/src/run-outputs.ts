import { type Graph, type Json, type JsonObject, largeFacts, largeMark, valueAsText } from '@treadle/workflow';
import type { Frame } from './state.js';

/** What a finished run, or a round, gives: the outputs of its end nodes together, or the answers of a chat joined as one (dify-contract: without separator). */
export function runOutputs(graph: Graph, states: Frame['nodes']): JsonObject {
  const outputs: Record<string, Json> = {};
  const answers: Json[] = [];
  for (const node of graph.nodes.values()) {
    if (node.type !== 'end' && node.type !== 'answer') continue;
    const given = states.get(node.id)?.outputs;
    if (!given) continue;
    if (node.type === 'end') Object.assign(outputs, given);
    else answers.push(given['answer'] ?? null);
  }
  return answers.length === 0 ? outputs : { ...outputs, answer: joined(answers) };
}

/** A large answer alone is handed on; with others it is left to the host to join them. */
function joined(answers: readonly Json[]): Json {
  const large = answers.flatMap((answer) => largeFacts(answer) ?? []);
  if (large.length === 0) return answers.map(valueAsText).join('');
  const [only] = answers;
  if (answers.length === 1 && only !== undefined) return only;
  return { [largeMark]: { joined: answers, bytes: large.reduce((sum, { bytes }) => sum + bytes, 0) } };
}
