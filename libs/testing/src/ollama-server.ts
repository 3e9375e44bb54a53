import { tokensOf } from './model-server-protocol.js';
import type { WireAnswer, WireProtocol } from './wire-server.js';

const line = (fields: object) =>
  `${JSON.stringify({ model: 'qwen3', created_at: '2025-05-27T22:54:57.641643Z', ...fields })}\n`;

/** Ollama's own API. */
export const ollamaProtocol: WireProtocol = {
  basePath: '',
  contentType: 'application/x-ndjson',
  frames,
  errorBody: (_, message) => ({ error: message }),
  errorFrame: (message) => `${JSON.stringify({ error: message })}\n`,
  malformedFrame: '{"model":"qwen3","mess\n',
  others: {
    'GET /api/tags': () => ({ models: [{ name: 'qwen3:latest', size: 1 }] }),
    'POST /api/embed': (body) => {
      const { input } = body as { input: unknown[] };
      return { model: 'nomic', embeddings: input.map((_, index) => [index, 0.5]), prompt_eval_count: input.length * 2 };
    },
  },
};

function frames({ text = '', reasoning = '', toolCall, usage, tooLong }: WireAnswer): string[] {
  const said = (fields: object) => line({ message: { role: 'assistant', content: '', ...fields }, done: false });
  const counts = usage && { prompt_eval_count: usage.input, eval_count: usage.output };
  const calls = toolCall
    ? [said({ tool_calls: [{ function: { name: toolCall.name, arguments: toolCall.arguments } }] })]
    : [];
  return [
    ...tokensOf(reasoning).map((thinking) => said({ thinking })),
    ...tokensOf(text).map((content) => said({ content })),
    ...calls,
    line({
      message: { role: 'assistant', content: '' },
      done_reason: tooLong ? 'length' : 'stop',
      done: true,
      total_duration: 4_883_583_458,
      ...counts,
    }),
  ];
}
