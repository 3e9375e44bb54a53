import type { Json } from '@treadle/workflow';
import { textOutcome } from '../../domain/outcome.js';
import type { BuiltinTool } from '../../kinds/builtin/builtin-tool.js';
import { textOf } from '../../kinds/schema/text-of.js';

const connectTimeoutSeconds = 10;

/** Sends one request. It has no credential: a service that asks for one is registered as a toolset. */
export const httpRequest: BuiltinTool = {
  description: 'Sends an HTTP request to a public address and gives its status, headers and body.',
  parameters: {
    type: 'object',
    properties: {
      method: { type: 'string', enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], default: 'GET' },
      url: { type: 'string', minLength: 1, maxLength: 8_000 },
      headers: { type: 'object', additionalProperties: { type: 'string', maxLength: 8_000 }, maxProperties: 50 },
      body: { type: 'string', maxLength: 4_000_000 },
    },
    required: ['url'],
    additionalProperties: false,
  },
  mutating: true,
  call: async ({ method = 'GET', url, headers = {}, body }, world) => {
    const answer = await world.http.send({
      method: textOf(method),
      url: textOf(url),
      headers: Object.entries(headers as Readonly<Record<string, string>>),
      ...(typeof body === 'string' && { body }),
      connectTimeoutSeconds,
      readTimeoutSeconds: Math.max(1, (world.deadlineUnixMs - Date.now()) / 1000),
      // Its JSON repeats the text, and quotes may double it.
      maxBytes: Math.floor(world.maxAnswerBytes / 4),
    });
    const json: Json = { status: answer.status, headers: answer.headers, body: answer.body };
    return { ...textOutcome(`Status ${answer.status}\n\n${answer.body}`, json), isError: answer.status >= 400 };
  },
};
