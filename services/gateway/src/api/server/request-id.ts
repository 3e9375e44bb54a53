import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a request is called: a caller's own id is kept when it is fit for logs. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}
