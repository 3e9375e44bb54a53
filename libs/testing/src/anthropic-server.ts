import { tokensOf } from './model-server-protocol.js';
import { sseEvent, type WireAnswer, type WireProtocol } from './wire-server.js';

const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

const event = (data: { readonly type: string; readonly [field: string]: unknown }) => sseEvent(data.type, data);

/** Anthropic's messages API. */
export const anthropicProtocol: WireProtocol = {
  basePath: '',
  contentType: 'text/event-stream; charset=utf-8',
  frames,
  errorBody: (status, message) => ({
    type: 'error',
    error: { type: errorTypes[status] ?? 'invalid_request_error', message },
    request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
  }),
  errorFrame: (message) => event({ type: 'error', error: { type: 'overloaded_error', message } }),
  malformedFrame: 'event: content_block_delta\ndata: {"type":"content_block\n\n',
  others: {
    'GET /v1/models': () => ({
      data: [
        {
          type: 'model',
          id: 'claude-sonnet-4-6',
          display_name: 'Claude Sonnet 4.6',
          created_at: '2026-02-17T00:00:00Z',
        },
      ],
      has_more: false,
    }),
  },
};

function frames({ text, reasoning, toolCall, usage, tooLong }: WireAnswer): string[] {
  const cached = usage?.cached ?? 0;
  const started = {
    input_tokens: (usage?.input ?? 0) - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: 1,
  };
  const blocks: { start: object; deltas: object[] }[] = [];
  if (reasoning)
    blocks.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...tokensOf(reasoning).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds' },
      ],
    });
  if (text)
    blocks.push({
      start: { type: 'text', text: '' },
      deltas: tokensOf(text).map((token) => ({ type: 'text_delta', text: token })),
    });
  if (toolCall) {
    const json = JSON.stringify(toolCall.arguments);
    const pieces = ['', json.slice(0, 5), json.slice(5)];
    blocks.push({
      start: { type: 'tool_use', id: toolCall.id, name: toolCall.name, input: {} },
      deltas: pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    });
  }
  const stop = tooLong ? 'max_tokens' : toolCall ? 'tool_use' : 'end_turn';
  return [
    event({
      type: 'message_start',
      message: {
        id: 'msg_01',
        type: 'message',
        role: 'assistant',
        content: [],
        model: 'claude-sonnet-4-6',
        stop_reason: null,
        usage: started,
      },
    }),
    event({ type: 'ping' }),
    ...blocks.flatMap(({ start, deltas }, index) => [
      event({ type: 'content_block_start', index, content_block: start }),
      ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta })),
      event({ type: 'content_block_stop', index }),
    ]),
    event({
      type: 'message_delta',
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: usage?.output ?? 0 },
    }),
    event({ type: 'message_stop' }),
  ];
}
