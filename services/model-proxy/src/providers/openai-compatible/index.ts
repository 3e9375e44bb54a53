import { FailureError } from '@treadle/failure';
import { Agent, type Dispatcher } from 'undici';
import { z } from 'zod';
import { CallSignal } from '../../domain/call-signal.js';
import type { ModelCall, ModelPart, Provider } from '../../domain/provider.js';
import { failureFromResponse, notCompletion, unreachable } from './failures.js';
import { fromPlainAnswer, fromStream } from './from-stream.js';
import type { OpenAiCompatibleOptions } from './options.js';
import { authorization, pathOf, toRequest } from './to-request.js';

export type { OpenAiCompatibleOptions } from './options.js';

/** Milliseconds that reading the list of models may take: a name is resolved while a node waits. */
const listTimeoutMs = 5_000;

const modelListSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

interface Asked {
  readonly response: Dispatcher.ResponseData;
  readonly warnings: readonly string[];
}

/** Any server that speaks OpenAI's chat completions protocol. */
export class OpenAiCompatibleProvider implements Provider {
  readonly name: string;
  private readonly agent: Agent;
  /** Turned off for good once the server refused to be asked. */
  private asksForUsage = true;

  constructor(private readonly options: OpenAiCompatibleOptions) {
    this.name = options.name;
    // Undici's own keep-alive time, four seconds, stays: common model servers hang up after five without saying so.
    this.agent = new Agent({
      connect: { timeout: options.connectTimeoutMs },
      headersTimeout: options.silenceTimeoutMs,
      bodyTimeout: options.silenceTimeoutMs,
    });
  }

  async listModels(): Promise<readonly string[]> {
    const response = await this.send({
      method: 'GET',
      path: pathOf(this.options.baseUrl, 'models'),
      headers: { ...authorization(this.options.apiKey), accept: 'application/json' },
      signal: AbortSignal.timeout(listTimeoutMs),
    });
    const text = await this.readText(response);
    if (response.statusCode !== 200)
      throw new FailureError(failureFromResponse(this.options, response.statusCode, response.headers, text));
    const list = modelListSchema.safeParse(parseJson(text));
    if (!list.success) throw notCompletion(this.options, 'answered with something that is no list of models');
    return list.data.data.map(({ id }) => id);
  }

  async *chat(call: ModelCall): AsyncGenerator<ModelPart> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    try {
      const { response, warnings } = await this.ask(call, stop.signal);
      if (isEventStream(response)) yield* this.stream(response, warnings);
      else yield* fromPlainAnswer(await this.readText(response), this.options, warnings);
    } catch (error) {
      throw stop.failure ?? error;
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** Sends the request and takes errors out of the way; asks a second time where the server does not know `stream_options`. */
  private async ask(call: ModelCall, signal: AbortSignal): Promise<Asked> {
    const { path, headers, body, warnings } = toRequest(call, this.options, this.asksForUsage);
    const response = await this.send({ method: 'POST', path, headers, body, signal });
    if (response.statusCode >= 200 && response.statusCode < 300) return { response, warnings };
    const text = await this.readText(response);
    if (this.asksForUsage && refusesStreamOptions(response.statusCode, text)) {
      this.asksForUsage = false;
      return this.ask(call, signal);
    }
    throw new FailureError(failureFromResponse(this.options, response.statusCode, response.headers, text));
  }

  private async *stream({ body }: Dispatcher.ResponseData, warnings: readonly string[]): AsyncGenerator<ModelPart> {
    let ended = false;
    try {
      const bytes = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
      for await (const part of fromStream(bytes, this.options, warnings)) {
        ended = part.type === 'finished';
        yield part;
      }
    } finally {
      body.on('error', () => undefined);
      // Read to its end, so that the connection serves the next call; a call given up early costs its connection.
      if (ended) body.resume();
      else body.destroy();
    }
  }

  private async send(request: Omit<Dispatcher.RequestOptions, 'origin'>): Promise<Dispatcher.ResponseData> {
    try {
      return await this.agent.request({ ...request, origin: new URL(this.options.baseUrl).origin });
    } catch (error) {
      throw unreachable(this.options, error, this.options);
    }
  }

  private async readText({ body }: Dispatcher.ResponseData): Promise<string> {
    try {
      return await body.text();
    } catch (error) {
      throw unreachable(this.options, error, this.options);
    }
  }
}

function isEventStream({ headers }: Dispatcher.ResponseData): boolean {
  return String(headers['content-type'] ?? '').includes('text/event-stream');
}

function refusesStreamOptions(status: number, body: string): boolean {
  return (status === 400 || status === 422) && /stream_options|include_usage/.test(body);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
