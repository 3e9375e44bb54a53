import { type Failure, failure } from '@treadle/failure';
import type { JsonObject } from '@treadle/workflow';

/** The most that the variables of a conversation hold together, in bytes of JSON. */
const maxBytes = 256 * 1024;

/** What keeps a conversation from holding these variables; `undefined` when nothing does. */
export function excessOf(variables: JsonObject): Failure | undefined {
  const bytes = new TextEncoder().encode(JSON.stringify(variables)).length;
  if (bytes <= maxBytes) return undefined;
  const message = `The variables of the conversation would take ${bytes} bytes; ${maxBytes} are allowed. Keep less in them.`;
  return failure('limit_exceeded', message, { details: { bytes, maxBytes } });
}
