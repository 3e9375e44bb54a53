import { completionChunk, errorBody, tokensOf } from './model-server-protocol.js';
import { sseEvent, type WireAnswer, type WireProtocol } from './wire-server.js';

const embeddings = (body: unknown) => {
  const { input } = body as { input: unknown[] };
  const data = input.map((_, index) => ({ object: 'embedding', index, embedding: [index, 0.5] }));
  return {
    object: 'list',
    data: data.reverse(),
    usage: { prompt_tokens: input.length * 2, total_tokens: input.length * 2 },
  };
};

const ranking = () => ({
  results: [
    { index: 0, relevance_score: 0.1 },
    { index: 2, relevance_score: 0.9 },
    { index: 1, relevance_score: 0.5 },
  ],
  usage: { total_tokens: 12 },
});

/** OpenAI's chat completions API and what compatible servers have beside it, below any path. */
export function openAiChatProtocol(basePath: string): WireProtocol {
  return {
    basePath: basePath === '/v1' ? basePath : '',
    contentType: 'text/event-stream; charset=utf-8',
    frames,
    errorBody: (status, message) => errorBody(status, message, status === 404 ? 'model_not_found' : null),
    errorFrame: (message) => sseEvent(undefined, errorBody(500, message)),
    malformedFrame: 'data: {"choices": [{"del\n\n',
    others: {
      [`GET ${basePath}/models`]: () => ({ object: 'list', data: [{ id: 'small', object: 'model' }] }),
      [`POST ${basePath}/embeddings`]: embeddings,
      [`POST ${basePath}/rerank`]: ranking,
    },
  };
}

function frames({ text = '', reasoning = '', toolCall, usage, tooLong }: WireAnswer): string[] {
  const delta = (content: object, finish: string | null = null) =>
    sseEvent(undefined, completionChunk([{ index: 0, delta: content, finish_reason: finish }]));
  const json = JSON.stringify(toolCall?.arguments ?? {});
  const call = (fields: object) => delta({ tool_calls: [{ index: 0, ...fields }] });
  const finish = tooLong ? 'length' : toolCall ? 'tool_calls' : 'stop';
  const counts = usage && {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  };
  return [
    delta({ role: 'assistant', content: '' }),
    ...tokensOf(reasoning).map((token) => delta({ reasoning_content: token })),
    ...tokensOf(text).map((content) => delta({ content })),
    ...(toolCall
      ? [
          call({ id: toolCall.id, type: 'function', function: { name: toolCall.name, arguments: '' } }),
          ...[json.slice(0, 5), json.slice(5)].map((piece) => call({ function: { arguments: piece } })),
        ]
      : []),
    delta({}, finish),
    ...(counts ? [sseEvent(undefined, completionChunk([], counts))] : []),
    'data: [DONE]\n\n',
  ];
}
