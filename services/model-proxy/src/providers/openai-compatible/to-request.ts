import type { ModelCall } from '../../domain/provider.js';
import type { OpenAiCompatibleOptions } from './options.js';

export interface ChatRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly warnings: readonly string[];
}

/** Settings that decide how the proxy itself talks to the server, so a workflow cannot set them. */
const reserved = new Set(['messages', 'model', 'n', 'stream', 'stream_options']);

/** The request for a call: always streamed, with usage unless the server is known to refuse to be asked for it. */
export function toRequest(
  call: ModelCall,
  options: Pick<OpenAiCompatibleOptions, 'baseUrl' | 'apiKey'>,
  askForUsage: boolean,
): ChatRequest {
  const given = Object.entries(call.parameters).filter(([, value]) => value !== null && value !== undefined);
  const body = {
    model: call.model,
    messages: call.messages.map(({ role, text }) => ({ role, content: text })),
    ...Object.fromEntries(given.filter(([name]) => !reserved.has(name))),
    stream: true,
    ...(askForUsage && { stream_options: { include_usage: true } }),
  };
  return {
    path: pathOf(options.baseUrl, 'chat/completions'),
    headers: {
      ...authorization(options.apiKey),
      accept: 'text/event-stream, application/json',
      'content-type': 'application/json',
      ...(call.idempotencyKey && { 'idempotency-key': call.idempotencyKey }),
    },
    body: JSON.stringify(body),
    warnings: given
      .filter(([name]) => reserved.has(name))
      .map(([name]) => `The setting "${name}" was left out: it is decided by Treadle.`),
  };
}

export function authorization(apiKey: string): Record<string, string> {
  return apiKey ? { authorization: `Bearer ${apiKey}` } : {};
}

/** The path of an endpoint below a base address, its query kept (some gateways carry an API version there). */
export function pathOf(baseUrl: string, endpoint: string): string {
  const { pathname, search } = new URL(baseUrl);
  return `${pathname.replace(/\/+$/, '')}/${endpoint}${search}`;
}
