import { FailureError } from '@treadle/failure';
import type { AddressGuard } from '@treadle/guarded-http';
import { Agent } from 'undici';
import type { z } from 'zod';
import type { ModelPart } from '../../domain/provider.js';
import type { AnswerReader } from './answer-reader.js';
import { Exchange, type OpenAnswer } from './exchange.js';
import { failureFromResponse, notUnderstood, type ReadError, readError, unreachable } from './failures.js';
import { type Framing, readAnswer } from './read-answer.js';
import type { ServerOptions } from './server-options.js';

/** Milliseconds that reading the list of models may take: a name is resolved while a node waits. */
const listTimeoutMs = 5_000;

/** What is sent to a server: a body for POST, none for GET. */
export interface WireRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Pooled connections to one server, kept between calls. Throws `FailureError` for whatever goes wrong. */
export class Connection {
  private readonly agent: Agent;
  private readonly origin: string;
  /** What the guard says against an address in numbers: nobody looks those up, so that it is not asked when a connection is made. */
  private readonly refusal: FailureError | undefined;

  constructor(
    private readonly options: ServerOptions,
    private readonly errorOf: ReadError = readError,
  ) {
    const { origin, hostname } = new URL(options.baseUrl);
    this.origin = origin;
    this.refusal = options.guard && refusalOf(options.guard, hostname);
    // Undici's own keep-alive time, four seconds, stays: common model servers hang up after five without saying so.
    this.agent = new Agent({
      connect: { timeout: options.connectTimeoutMs, ...(options.guard && { lookup: options.guard.lookup }) },
      headersTimeout: options.silenceTimeoutMs,
      bodyTimeout: options.silenceTimeoutMs,
    });
  }

  /** A JSON answer of a known shape. */
  async json<Schema extends z.ZodType>(
    request: WireRequest,
    schema: Schema,
    signal: AbortSignal = AbortSignal.timeout(listTimeoutMs),
  ): Promise<z.output<Schema>> {
    const text = await this.text(await this.open(request, signal));
    const answer = schema.safeParse(parseJson(text));
    if (!answer.success) throw notUnderstood(this.options, 'answered with something that its protocol does not know');
    return answer.data;
  }

  /** Sends a request and takes error answers out of the way. */
  async open({ path, headers, body }: WireRequest, signal: AbortSignal): Promise<OpenAnswer> {
    if (this.refusal) throw unreachable(this.options, this.refusal, this.options);
    const exchange = new Exchange(signal);
    const method = body === undefined ? 'GET' : 'POST';
    let answer: OpenAnswer;
    try {
      this.agent.dispatch({ origin: this.origin, path, method, headers, ...(body && { body }) }, exchange);
      answer = await exchange.started;
    } catch (error) {
      exchange.abandon();
      throw unreachable(this.options, error, this.options);
    }
    const { statusCode } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    const said = this.errorOf(await this.text(answer));
    throw new FailureError(failureFromResponse(this.options, statusCode, answer.headers, said));
  }

  /** The parts of a streamed answer, as the reader understands its events. */
  parts(
    { body }: OpenAnswer,
    framing: Framing,
    answer: AnswerReader,
    warnings: readonly string[],
  ): AsyncGenerator<ModelPart> {
    return readAnswer(body, framing, answer, this.options, warnings);
  }

  async text({ body }: OpenAnswer): Promise<string> {
    try {
      return await body.text();
    } catch (error) {
      throw unreachable(this.options, error, this.options);
    }
  }

  async close(when: 'now' | 'idle'): Promise<void> {
    await (when === 'now' ? this.agent.destroy() : this.agent.close());
  }
}

function refusalOf(guard: AddressGuard, hostname: string): FailureError | undefined {
  try {
    guard.checkHost(hostname);
    return undefined;
  } catch (error) {
    if (error instanceof FailureError) return error;
    throw error;
  }
}

/** Whether a 2xx answer is a stream of events. */
export function isEventStream({ headers }: OpenAnswer): boolean {
  return String(headers['content-type'] ?? '').includes('text/event-stream');
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
