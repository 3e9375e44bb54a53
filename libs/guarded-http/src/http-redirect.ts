import { FailureError } from '@treadle/failure';

/** One request on the way to an answer. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array | undefined;
}

const redirects = new Set([301, 302, 303, 307, 308]);
/** Meant for the one host they were written for. */
const secretHeaders = new Set(['authorization', 'cookie', 'host', 'proxy-authorization']);

/**
 * Where an answer sends the request next, or `undefined` when it is the final one. As browsers do: 303, and 301 or 302 after a POST,
 * become a GET. `secrets` names further headers that another host is not shown.
 */
export function nextHop(
  hop: Hop,
  status: number,
  location: string | string[] | undefined,
  secrets: readonly string[] = [],
): Hop | undefined {
  const target = [location].flat()[0];
  if (!redirects.has(status) || target === undefined) return undefined;
  if (!URL.canParse(target, hop.url.href)) {
    throw FailureError.of('http_request_failed', `${hop.url.host} redirects to something that is not an address.`, {
      retryable: false,
    });
  }
  const url = new URL(target, hop.url);
  const becomesGet = (status === 303 && hop.method !== 'HEAD') || (status < 303 && hop.method === 'POST');
  const secret = new Set([...secretHeaders, ...secrets.map((name) => name.toLowerCase())]);
  const dropped = new Set([...(url.origin === hop.url.origin ? [] : secret), ...(becomesGet ? ['content-type'] : [])]);
  const kept = hop.headers.filter(([name]) => !dropped.has(name.toLowerCase()));
  return {
    method: becomesGet ? 'GET' : hop.method,
    url,
    headers: kept,
    body: becomesGet ? undefined : hop.body,
  };
}
