import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { FailureError } from '@treadle/failure';
import type { StreamedAnswer } from '@treadle/guarded-http';
import type { JsonObject } from '@treadle/workflow';
import { readEvents, type StreamState } from './event-stream.js';
import { type Incoming, RpcError, readMessages } from './json-rpc.js';
import type { McpHttp } from './mcp-http.js';

/** A stream that ends early is taken up again this often, where the server lets it be taken up. */
const mostResumes = 5;
const usualRetryMs = 500;
const longestRetryMs = 5_000;
const mostServerRequests = 100;
const farewellMs = 5_000;

/** Sends a note, to which there is no answer. */
export async function notify(http: McpHttp, method: string, params?: JsonObject): Promise<void> {
  const answer = await http.send({
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', method, ...(params && { params }) }),
  });
  answer.cancel();
}

/**
 * Asks a server and waits for its answer, whether it comes at once or at the end of a stream. When the signal fires the server is told
 * that nobody waits any longer.
 * @throws RpcError where the server says no; FailureError where it cannot be understood or hangs up; SessionLost; what the signal says.
 */
export async function ask(http: McpHttp, method: string, params: JsonObject, signal: AbortSignal): Promise<JsonObject> {
  const id = randomUUID();
  const cancel = () => void sayCancelled(http, id);
  // Nobody may take back what begins a session.
  if (method !== 'initialize') signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    return await new Exchange(http, id, signal).run(method, params);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

class Exchange {
  readonly #stream: StreamState = { lastEventId: '', retryMs: undefined };
  #serverRequests = 0;

  constructor(
    private readonly http: McpHttp,
    private readonly id: string,
    private readonly signal: AbortSignal,
  ) {}

  async run(method: string, params: JsonObject): Promise<JsonObject> {
    const message = { jsonrpc: '2.0', id: this.id, method, params };
    let answer = await this.http.send({ method: 'POST', body: JSON.stringify(message) });
    this.#noteSession(method, answer);
    for (let resumes = 0; ; resumes++) {
      const result = await this.#read(answer).catch((error: unknown) => this.#onBrokenStream(error));
      if (result) return result;
      if (this.#stream.lastEventId === '' || resumes === mostResumes) throw endedEarly(this.http.host);
      await pause(Math.min(longestRetryMs, this.#stream.retryMs ?? usualRetryMs), undefined, { signal: this.signal });
      answer = await this.http
        .send({ method: 'GET', lastEventId: this.#stream.lastEventId })
        .catch((cause: unknown) => {
          throw endedEarly(this.http.host, cause);
        });
    }
  }

  #noteSession(method: string, answer: StreamedAnswer): void {
    const id = answer.headers['mcp-session-id'];
    if (method === 'initialize') this.http.session = { id, protocolVersion: '' };
  }

  /** The result, or `undefined` when the answer ended without one. */
  async #read(answer: StreamedAnswer): Promise<JsonObject | undefined> {
    const mediaType = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
    if (mediaType === 'text/event-stream') {
      for await (const event of readEvents(answer.body, this.#stream)) {
        const result = event.data === '' ? undefined : await this.#take(event.data);
        if (result) return result;
      }
      return undefined;
    }
    if (mediaType === 'application/json') return this.#take(await wholeText(answer));
    answer.cancel();
    throw notMcp(this.http.host, answer);
  }

  async #take(text: string): Promise<JsonObject | undefined> {
    for (const message of readMessages(this.http.withoutSecrets(text), this.http.host)) {
      const result = await this.#takeMessage(message);
      if (result) return result;
    }
    return undefined;
  }

  async #takeMessage(message: Incoming): Promise<JsonObject | undefined> {
    switch (message.type) {
      case 'result':
        return message.id === this.id ? message.result : undefined;
      case 'error':
        // An error without an id is about a request that the server could not read: ours.
        if (message.id === this.id || message.id === null) throw new RpcError(message.code, message.message);
        return undefined;
      case 'request':
        await this.#reply(message);
        return undefined;
      case 'notification':
        return undefined;
    }
  }

  /** Servers may ask whether we are there. Whatever else they ask for we never said that we can do. */
  async #reply({ id, method }: Extract<Incoming, { type: 'request' }>): Promise<void> {
    if (++this.#serverRequests > mostServerRequests) {
      throw FailureError.of(
        'tool_answer_invalid',
        `The MCP server at ${this.http.host} asks without end instead of answering.`,
      );
    }
    const outcome =
      method === 'ping' ? { result: {} } : { error: { code: -32601, message: `Treadle does not offer ${method}` } };
    (await this.http.send({ method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id, ...outcome }) })).cancel();
  }

  /** A stream that broke may be taken up again where the server numbers its events; everything else is final. */
  #onBrokenStream(error: unknown): undefined {
    const broken = error instanceof FailureError && error.failure.code === 'http_request_failed';
    if (!broken || this.signal.aborted || this.#stream.lastEventId === '') throw error;
    return undefined;
  }
}

async function wholeText(answer: StreamedAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function sayCancelled(http: McpHttp, requestId: string): Promise<void> {
  const params = { requestId, reason: 'Nobody waits for the answer any longer.' };
  // The call has ended whether the server hears it or not.
  await notify(http.farewell(farewellMs), 'notifications/cancelled', params).catch(() => undefined);
}

const endedEarly = (host: string, cause?: unknown) =>
  FailureError.of('tool_failed', `The MCP server at ${host} hung up before it had answered. It may have done what it was asked; look before you ask again.`, {}, { cause }); // biome-ignore format: a sentence

function notMcp(host: string, { headers, status }: StreamedAnswer): FailureError {
  const type = headers['content-type'] ?? 'nothing';
  return FailureError.of('tool_answer_invalid', `${host} answered with ${type.slice(0, 100)} (status ${status}), which no MCP server does. Check that the address is the one of a streamable HTTP endpoint.`); // biome-ignore format: a sentence
}
