import { errorBody, tokensOf } from './model-server-protocol.js';
import { sseEvent, type WireAnswer, type WireProtocol } from './wire-server.js';

/** OpenAI's responses API. */
export const openAiResponsesProtocol: WireProtocol = {
  basePath: '/v1',
  contentType: 'text/event-stream; charset=utf-8',
  frames,
  errorBody: (status, message) => errorBody(status, message, status === 404 ? 'model_not_found' : null),
  errorFrame: (message) =>
    sseEvent('response.failed', {
      type: 'response.failed',
      response: { id: 'resp_1', status: 'failed', error: { code: 'server_error', message } },
    }),
  malformedFrame: 'event: response.output_text.delta\ndata: {"type":"resp\n\n',
  others: { 'GET /v1/models': () => ({ object: 'list', data: [{ id: 'gpt-5.2', object: 'model' }] }) },
};

function frames({ text = '', reasoning = '', toolCall, usage, tooLong }: WireAnswer): string[] {
  let sequence = 0;
  const event = (type: string, fields: object) => {
    sequence += 1;
    return sseEvent(type, { type, sequence_number: sequence, ...fields });
  };
  const delta = (type: string, output: number) => (piece: string) =>
    event(type, { item_id: `item_${output}`, output_index: output, content_index: 0, delta: piece });
  const json = JSON.stringify(toolCall?.arguments ?? {});
  const item = toolCall && {
    type: 'function_call',
    id: 'fc_1',
    call_id: toolCall.id,
    name: toolCall.name,
    arguments: '',
  };
  const details = {
    input_tokens_details: { cached_tokens: usage?.cached ?? 0 },
    output_tokens_details: { reasoning_tokens: usage?.reasoning ?? 0 },
  };
  const status = tooLong ? 'incomplete' : 'completed';
  return [
    event('response.created', { response: { id: 'resp_1', status: 'in_progress' } }),
    ...tokensOf(reasoning).map(delta('response.reasoning_summary_text.delta', 0)),
    ...tokensOf(text).map(delta('response.output_text.delta', 1)),
    ...(item
      ? [
          event('response.output_item.added', { output_index: 2, item }),
          ...[json.slice(0, 5), json.slice(5)].map(delta('response.function_call_arguments.delta', 2)),
        ]
      : []),
    event(`response.${status}`, {
      response: {
        id: 'resp_1',
        status,
        ...(tooLong && { incomplete_details: { reason: 'max_output_tokens' } }),
        ...(usage && { usage: { input_tokens: usage.input, output_tokens: usage.output, ...details } }),
      },
    }),
  ];
}
