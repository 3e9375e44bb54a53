import { FailureError } from '@treadle/failure';
import type { Http, HttpAnswer, HttpQuestion } from '@treadle/nodes';
import { Agent, type Dispatcher } from 'undici';
import type { AddressGuard } from './address-guard.js';
import { type Hop, nextHop } from './http-redirect.js';

const mostRedirects = 5;
const mostConnectSeconds = 60;
/** They belong to the connection, or would bring an answer that is not text. */
const ownHeaders = new Set(['accept-encoding', 'connection', 'content-length', 'keep-alive', 'transfer-encoding']);

type Limits = Pick<HttpQuestion, 'readTimeoutSeconds' | 'connectTimeoutSeconds' | 'maxBytes'>;

/** Sends the requests of workflows; every connection, also after a redirect, goes through the guard. */
export class GuardedHttp {
  /** Connections are kept per connect timeout, since that is a property of the connector. */
  readonly #agents = new Map<number, Agent>();

  constructor(private readonly guard: AddressGuard) {}

  /** The capability of one execution: its signal ends its requests. */
  forSignal(signal: AbortSignal): Http {
    return { send: (question) => this.#send(question, signal) };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  async #send(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
    let hop: Hop = {
      method: question.method.toUpperCase(),
      url: parseUrl(question.url),
      headers: question.headers.filter(([name]) => !ownHeaders.has(name.toLowerCase())),
      body: question.body,
    };
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const answer = await this.#sendHop(hop, question, signal);
      const next = nextHop(hop, answer.statusCode, answer.headers.location);
      if (next === undefined) return readAnswer(answer, hop.url, question.maxBytes);
      await answer.body.dump().catch(() => undefined);
      hop = { ...next, url: checkedUrl(next.url) };
    }
    throw FailureError.of(
      'http_request_failed',
      `${hop.url.host} redirects more than ${mostRedirects} times. Use the final address.`,
      { retryable: false },
    );
  }

  async #sendHop(hop: Hop, limits: Limits, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
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

/** Reads the answer up to its limit, counting what really comes. */
async function readAnswer(answer: Dispatcher.ResponseData, url: URL, maxBytes: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(url, maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    throw requestFailure(error, url);
  }
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]);
  const flat = Object.fromEntries(headers) as Record<string, string>;
  return {
    status: answer.statusCode,
    headers: flat,
    body: decoderFor(flat['content-type']).decode(Buffer.concat(chunks)),
  };
}

function decoderFor(contentType = ''): InstanceType<typeof TextDecoder> {
  const charset = /charset="?([^";\s]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}

const tooLarge = (url: URL, maxBytes: number) =>
  FailureError.of(
    'http_response_too_large',
    `The answer of ${url.host} is larger than ${maxBytes} bytes. Ask for less, for example page by page.`,
    { details: { maxBytes } },
  );

/** The address's path and query may hold secrets, so only its host is named. */
function requestFailure(error: unknown, url: URL): FailureError {
  if (error instanceof FailureError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = (cause as NodeJS.ErrnoException).code;
  const reason = code && !cause.message.includes(code) ? `${cause.message} (${code})` : cause.message;
  const retryable = code !== 'UND_ERR_INVALID_ARG';
  return FailureError.of(
    'http_request_failed',
    `The request to ${url.host} failed: ${reason}.`,
    { retryable },
    { cause },
  );
}
