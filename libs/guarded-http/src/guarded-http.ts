import { FailureError } from '@treadle/failure';
import { Agent, type Dispatcher } from 'undici';
import type { AddressGuard } from './address-guard.js';
import { type Hop, nextHop } from './http-redirect.js';
import { requestFailure } from './request-failure.js';
import {
  type StreamedAnswer,
  type StreamedQuestion,
  type StreamingHttp,
  streamedAnswer,
  toWhole,
} from './streamed-answer.js';

const mostRedirects = 5;
const mostConnectSeconds = 60;
/** They belong to the connection, or say how the answer is packed. */
const ownHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface GuardedHttpOptions {
  /** Whether requests may ask not to check a server's certificate; no when absent. */
  readonly allowUnverified?: boolean;
}

/** Sends the requests of workflows; every connection, also after a redirect, goes through the guard. */
export class GuardedHttp {
  /** Connections are kept per connect timeout and check of certificates, since those are properties of the connector. */
  readonly #agents = new Map<string, Agent>();

  constructor(
    private readonly guard: AddressGuard,
    private readonly options: GuardedHttpOptions = {},
  ) {}

  /** The capability of one execution: its signal ends its requests. */
  forSignal(signal: AbortSignal): StreamingHttp {
    return {
      forSignal: (other) => this.forSignal(other),
      open: (question) => this.#open(question, signal),
      send: async (question) => toWhole(await this.#open(question, signal)),
    };
  }

  /**
   * What can be said of an address without asking anybody for it; names are checked when they are resolved.
   * @throws FailureError `address_blocked`, or `node_configuration` for what is no address.
   */
  check(address: string): void {
    this.guard.checkHost(parseUrl(address).hostname);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  async #open(question: StreamedQuestion, signal: AbortSignal): Promise<StreamedAnswer> {
    const url = parseUrl(question.url);
    let hop: Hop = {
      method: question.method.toUpperCase(),
      url,
      headers: headersFor(question.headers, url),
      body: question.body,
    };
    const { maxRedirects = mostRedirects } = question;
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const answer = await this.#sendHop(hop, question, signal);
      const next =
        maxRedirects === 0
          ? undefined
          : nextHop(hop, answer.statusCode, answer.headers.location, question.secretHeaders);
      if (next === undefined) return streamedAnswer(answer, hop.url, question.maxBytes);
      await answer.body.dump().catch(() => undefined);
      hop = { ...next, url: checkedUrl(next.url) };
    }
    throw FailureError.of(
      'http_request_failed',
      `${hop.url.host} redirects more than ${maxRedirects} times. Use the final address.`,
      { retryable: false },
    );
  }

  async #sendHop(hop: Hop, limits: StreamedQuestion, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    this.guard.checkHost(hop.url.hostname);
    const readMs = Math.max(1, limits.readTimeoutSeconds * 1000);
    try {
      return await this.#agent(limits).request({
        origin: hop.url.origin,
        path: hop.url.pathname + hop.url.search,
        method: hop.method,
        headers: hop.headers.flat(),
        body: hop.body ?? null,
        signal,
        headersTimeout: readMs,
        bodyTimeout: readMs,
      });
    } catch (error) {
      throw requestFailure(error, hop.url);
    }
  }

  #agent({ connectTimeoutSeconds, verifyCertificate = true }: StreamedQuestion): Agent {
    const seconds = Math.min(mostConnectSeconds, Math.max(1, Math.ceil(connectTimeoutSeconds)));
    const rejectUnauthorized = verifyCertificate || this.options.allowUnverified !== true;
    const kind = `${seconds}/${rejectUnauthorized}`;
    let agent = this.#agents.get(kind);
    if (agent === undefined) {
      agent = new Agent({ connect: { lookup: this.guard.lookup, timeout: seconds * 1000, rejectUnauthorized } });
      this.#agents.set(kind, agent);
    }
    return agent;
  }
}

/**
 * The headers as written, without those that are ours. Name and password in the address become a header, as browsers make it.
 * @throws FailureError `address_blocked` for a Host that is another than the address's: servers in between would go by it.
 */
function headersFor(written: StreamedQuestion['headers'], url: URL): StreamedQuestion['headers'] {
  const headers = written.filter(([name]) => !ownHeaders.has(name.toLowerCase()));
  const other = headers.find(([name, value]) => isHost(name) && value.trim().toLowerCase() !== url.host);
  if (other) {
    throw FailureError.of(
      'address_blocked',
      `The header Host may only name ${url.host}, the host of the address. Leave it out.`,
    );
  }
  const kept = headers.filter(([name]) => !isHost(name));
  const { username, password } = url;
  if ((username === '' && password === '') || kept.some(([name]) => name.toLowerCase() === 'authorization'))
    return kept;
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return [...kept, ['Authorization', `Basic ${credentials.toString('base64')}`]];
}

const isHost = (name: string) => name.trim().toLowerCase() === 'host';

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) {
    throw FailureError.of('node_configuration', `"${text}" is not an address. Write it like https://example.com/path.`);
  }
  return checkedUrl(new URL(text));
}

function checkedUrl(url: URL): URL {
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw FailureError.of('address_blocked', `Only http and https can be requested, not ${url.protocol}`);
}
