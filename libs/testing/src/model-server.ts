import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ChatCompletionRequest,
  completionBody,
  errorBody,
  type Fault,
  type ScriptedAnswer,
  streamEvents,
} from './model-server-protocol.js';

export interface ModelServerOptions {
  /** Default 127.0.0.1 and a free port. */
  readonly host?: string;
  readonly port?: number;
  /** The models it has; default `small` and `large`. Any other name is answered with 404. */
  readonly models?: readonly string[];
  /** More models, each of which fails in its way. */
  readonly faults?: Readonly<Record<string, Fault>>;
  /** Refuses requests without this key. */
  readonly apiKey?: string;
  /** Milliseconds before the first byte of an answer; default 0. */
  readonly latencyMs?: number;
  /** Milliseconds between two tokens of a stream; default 0. */
  readonly tokenGapMs?: number;
  /** Words in the default answer; default 8. */
  readonly tokens?: number;
  /** What to answer, as a function of the request and its place among all chat requests, from 1; undefined for the default answer. */
  readonly answer?: (request: ChatCompletionRequest, call: number) => string | ScriptedAnswer | undefined;
}

/** A request as it came in. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed; undefined where there was none. */
  readonly body?: ChatCompletionRequest;
}

export type RecordedChat = RecordedRequest & { readonly body: ChatCompletionRequest };

/** How many requests are kept; older ones are only counted. */
const keptRequests = 20_000;

/** Starts a real HTTP server that speaks OpenAI's chat completions protocol, the same every time it is asked the same. */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const server = new ModelServer(options);
  await server.listen();
  return server;
}

export class ModelServer {
  /** For example `http://127.0.0.1:40123/v1`, what `OPENAI_BASE_URL` wants. */
  url = '';
  /** Every request so far, in order. */
  readonly requests: RecordedRequest[] = [];
  /** Chat requests so far, answers that are being written now, and answers whose client left before the end. */
  calls = 0;
  active = 0;
  abandoned = 0;
  /** Connections opened by clients so far. */
  connections = 0;

  private readonly server: Server;
  private readonly stopping = new AbortController();

  constructor(private readonly options: ModelServerOptions) {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => response.destroy());
    });
    this.server.on('connection', () => {
      this.connections += 1;
    });
  }

  /** The chat requests so far. */
  get chats(): RecordedChat[] {
    return this.requests.filter((request): request is RecordedChat => request.body !== undefined);
  }

  async listen(): Promise<void> {
    this.server.listen(this.options.port ?? 0, this.options.host ?? '127.0.0.1');
    await once(this.server, 'listening');
    const { address, port } = this.server.address() as AddressInfo;
    this.url = `http://${address}:${port}/v1`;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    this.stopping.abort();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path === '/_requests') return sendJson(response, 200, this.counts());
    const text = await readText(request);
    const body = text ? (JSON.parse(text) as ChatCompletionRequest) : undefined;
    this.record({ method: request.method ?? '', path, headers: request.headers, ...(body && { body }) });
    const { apiKey } = this.options;
    if (apiKey && request.headers.authorization !== `Bearer ${apiKey}`)
      return sendError(response, 401, 'Incorrect API key provided.', 'invalid_api_key');
    if (request.method === 'GET' && path === '/v1/models') return sendJson(response, 200, this.modelList());
    if (request.method !== 'POST' || path !== '/v1/chat/completions' || !body)
      return sendError(response, 404, `Unknown request URL: ${request.method} ${path}.`, 'unknown_url');
    await this.chat(body, response);
  }

  private async chat(request: ChatCompletionRequest, response: ServerResponse): Promise<void> {
    this.calls += 1;
    const call = this.calls;
    if (!this.models().includes(request.model))
      return sendError(response, 404, `The model \`${request.model}\` does not exist.`, 'model_not_found');
    const gone = new AbortController();
    this.active += 1;
    response.once('close', () => {
      this.active -= 1;
      if (!response.writableFinished) this.abandoned += 1;
      gone.abort();
    });
    const signal = AbortSignal.any([gone.signal, this.stopping.signal]);
    await pause(this.options.latencyMs, signal);
    await answerChat(
      { id: `chatcmpl-${call}`, request, response, signal, gapMs: this.options.tokenGapMs },
      this.script(request, call),
    );
  }

  private script(request: ChatCompletionRequest, call: number): ScriptedAnswer {
    const scripted = this.options.answer?.(request, call) ?? defaultAnswer(request, this.options.tokens ?? 8);
    const answer = typeof scripted === 'string' ? { text: scripted } : scripted;
    const fault = this.options.faults?.[request.model];
    return fault ? { ...answer, fault } : answer;
  }

  private models(): string[] {
    return [...(this.options.models ?? ['small', 'large']), ...Object.keys(this.options.faults ?? {})];
  }

  private modelList() {
    return {
      object: 'list',
      data: this.models().map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'treadle' })),
    };
  }

  private record(request: RecordedRequest): void {
    this.requests.push(request);
    if (this.requests.length > keptRequests) this.requests.shift();
  }

  /** For a checker in another process: how often each idempotency key was seen. */
  private counts() {
    const byIdempotencyKey: Record<string, number> = {};
    for (const { headers } of this.chats) {
      const key = String(headers['idempotency-key'] ?? '');
      byIdempotencyKey[key] = (byIdempotencyKey[key] ?? 0) + 1;
    }
    return { calls: this.calls, active: this.active, abandoned: this.abandoned, byIdempotencyKey };
  }
}

interface Answering {
  readonly id: string;
  readonly request: ChatCompletionRequest;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
  readonly gapMs: number | undefined;
}

async function answerChat(answering: Answering, answer: ScriptedAnswer): Promise<void> {
  const { id, request, response, signal } = answering;
  const { fault } = answer;
  if (fault?.kind === 'status') {
    if (fault.retryAfter) response.setHeader('retry-after', fault.retryAfter);
    return sendError(response, fault.status, fault.message ?? 'Something failed.', fault.code);
  }
  if (fault?.kind === 'reset') return void response.socket?.resetAndDestroy();
  if (fault?.kind === 'hang' && fault.afterTokens === undefined) return hang(signal);
  if (fault?.kind === 'refuses-stream-options' && request.stream_options)
    return sendError(response, 400, 'Unrecognized request argument supplied: stream_options');
  if (fault?.kind === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' });
    return void response.end('<html><body>Sign in to the network</body></html>');
  }
  if (request.stream && fault?.kind !== 'plain-answer') return stream(answering, answer);
  if (fault?.kind === 'malformed') {
    response.writeHead(200, { 'content-type': 'application/json' });
    return void response.end('{"choices": [{"mess');
  }
  sendJson(response, 200, completionBody(id, request, answer));
}

async function stream({ id, request, response, signal, gapMs }: Answering, answer: ScriptedAnswer): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  response.flushHeaders();
  const { fault } = answer;
  for (const { data, token } of streamEvents(id, request, answer)) {
    const faultHere = fault && 'afterTokens' in fault && token === fault.afterTokens ? fault : undefined;
    if (faultHere && (await breakStream(faultHere, response, signal)) === 'over') return;
    if (token !== undefined) await pause(gapMs, signal);
    if (!response.write(`data: ${data}\n\n`)) await once(response, 'drain', { signal });
  }
  response.end();
}

async function breakStream(fault: Fault, response: ServerResponse, signal: AbortSignal): Promise<'over' | 'goes-on'> {
  switch (fault.kind) {
    case 'hang':
      await hang(signal);
      return 'over';
    case 'cut':
      // What was written so far must arrive before the reset.
      await new Promise((resolve) => response.write(': cut\n\n', resolve));
      response.socket?.destroySoon();
      return 'over';
    case 'end-early':
      response.end();
      return 'over';
    case 'malformed':
      response.write('data: {"choices": [{"del\n\n');
      return 'goes-on';
    case 'error-event':
      response.write(`data: ${JSON.stringify(errorBody(500, fault.message))}\n\n`);
      response.end();
      return 'over';
    default:
      return 'goes-on';
  }
}

const words = ['the', 'loom', 'keeps', 'every', 'thread', 'until', 'the', 'cloth', 'is', 'done'];

/** Says what was asked, then as many words as wanted. */
function defaultAnswer(request: ChatCompletionRequest, tokens: number): string {
  const asked = request.messages.at(-1)?.content ?? '';
  const filler = Array.from({ length: tokens }, (_, index) => words[index % words.length]);
  return `You said: ${asked.slice(0, 200)} ${filler.join(' ')}`;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, status: number, message: string, code?: string): void {
  sendJson(response, status, errorBody(status, message, code));
}

async function pause(milliseconds: number | undefined, signal: AbortSignal): Promise<void> {
  if (milliseconds) await delay(milliseconds, undefined, { signal });
}

async function hang(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
