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
/** They belong to the connection, or would bring an answer that is not text. */
const ownHeaders = new Set(['accept-encoding', 'connection', 'content-length', 'keep-alive', 'transfer-encoding']);

/** Sends the requests of workflows; every connection, also after a redirect, goes through the guard. */
export class GuardedHttp {
  /** Connections are kept per connect timeout, since that is a property of the connector. */
  readonly #agents = new Map<number, Agent>();

  constructor(private readonly guard: AddressGuard) {}

  /** The capability of one execution: its signal ends its requests. */
  forSignal(signal: AbortSignal): StreamingHttp {
    return {
      open: (question) => this.#open(question, signal),
      send: async (question) => toWhole(await this.#open(question, signal)),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  async #open(question: StreamedQuestion, signal: AbortSignal): Promise<StreamedAnswer> {
    let hop: Hop = {
      method: question.method.toUpperCase(),
      url: parseUrl(question.url),
      headers: question.headers.filter(([name]) => !ownHeaders.has(name.toLowerCase())),
      body: question.body,
    };
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const answer = await this.#sendHop(hop, question, signal);
      const next = nextHop(hop, answer.statusCode, answer.headers.location, question.secretHeaders);
      if (next === undefined) return streamedAnswer(answer, hop.url, question.maxBytes);
      await answer.body.dump().catch(() => undefined);
      hop = { ...next, url: checkedUrl(next.url) };
    }
    throw FailureError.of(
      'http_request_failed',
      `${hop.url.host} redirects more than ${mostRedirects} times. Use the final address.`,
      { retryable: false },
    );
  }

  async #sendHop(hop: Hop, limits: StreamedQuestion, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    this.guard.checkHost(hop.url.hostname);
    const readMs = Math.max(1, limits.readTimeoutSeconds * 1000);
    try {
      return await this.#agent(limits.connectTimeoutSeconds).request({
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

  #agent(connectTimeoutSeconds: number): Agent {
    const seconds = Math.min(mostConnectSeconds, Math.max(1, Math.ceil(connectTimeoutSeconds)));
    let agent = this.#agents.get(seconds);
    if (agent === undefined) {
      agent = new Agent({ connect: { lookup: this.guard.lookup, timeout: seconds * 1000 } });
      this.#agents.set(seconds, agent);
    }
    return agent;
  }
}

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
