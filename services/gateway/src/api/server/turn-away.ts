import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Credentials } from '../../domain/access/credentials.js';
import type { Admission } from '../../domain/admission/admission.js';
import { inHeader } from '../auth/authenticate.js';
import { failureAnswer } from '../errors/answer-failure.js';
import { alwaysIn, strangers, tooMuch } from './admit.js';
import { requestId } from './request-id.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Refuses requests that have no chance of being let in before the server's router and hooks see them: those cost several times what the refusal
 * does, and that time belongs to requests that were let in. Requests of web pages go the long way, because a browser keeps an answer from a page
 * that lacks the headers for it. Called when the application listens to the server already, and before anybody else does.
 * @param headers of every answer
 * @param refused told of each, with its method
 */
export function turnAwayEarly(
  server: Server,
  admission: Admission,
  credentials: Credentials,
  headers: Readonly<Record<string, string>>,
  refused: (method: string) => void,
): void {
  const always = Object.entries(headers).flat();
  const listeners = server.listeners('request') as Listener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (hasNoChance(request)) turnAway(request, response);
    else for (const listener of listeners) listener.call(server, request, response);
  });

  function hasNoChance({ url = '', headers: { authorization, origin } }: IncomingMessage): boolean {
    if (!admission.isFull || origin !== undefined || alwaysIn.test(url)) return false;
    const credential = authorization === undefined ? undefined : inHeader(authorization);
    return admission.wouldRefuse((credential && credentials.lastFound(credential)?.tenantId) ?? strangers);
  }

  function turnAway(request: IncomingMessage, response: ServerResponse): void {
    refused(request.method ?? '');
    const id = requestId(request);
    const answer = failureAnswer(tooMuch(admission.retryAfterSeconds()), { url: request.url ?? '', id });
    const length = String(Buffer.byteLength(answer.body));
    const all = [...always, 'x-request-id', id, ...answer.headers.flat(), 'content-length', length];
    response.writeHead(answer.status, all).end(answer.body);
  }
}
