import { EventSourceParserStream } from 'eventsource-parser/stream';
import { ApiError, type ErrorBody, UnreachableError } from './api-error.js';

export interface ApiAddress {
  /** Where Treadle listens, without a path: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly apiKey?: string;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; for files that the server reads itself. */
  readonly text?: string;
  /** Sent as multipart/form-data, for uploads. */
  readonly form?: FormData;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left out where undefined; repeated where a list. */
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly signal?: AbortSignal;
}

/** A server-sent event, its data parsed. */
export interface ApiEvent {
  readonly type: string;
  readonly id?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Speaks to Treadle's public API. */
export class ApiClient {
  constructor(private readonly address: ApiAddress) {}

  /**
   * The parsed answer.
   * @throws ApiError for an answer that is not 2xx, UnreachableError when none came.
   */
  async send<T>(path: string, request: ApiRequest = {}): Promise<T> {
    const response = await this.fetch(path, request);
    const body = await this.readBody(response, request.signal);
    if (!response.ok) throw new ApiError(response.status, body as ErrorBody, this.address.apiKey !== undefined);
    return body as T;
  }

  /**
   * The events of one answer, until the server ends it.
   * @throws as `send`; UnreachableError also when the answer breaks off.
   */
  async *events(path: string, request: ApiRequest = {}): AsyncGenerator<ApiEvent, void, undefined> {
    const headers = { accept: 'text/event-stream', ...request.headers };
    const response = await this.fetch(path, { ...request, headers });
    if (!response.ok || !response.body) {
      const body = (await this.readBody(response, request.signal)) as ErrorBody;
      throw new ApiError(response.status, body, this.address.apiKey !== undefined);
    }
    const frames = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    try {
      for await (const { event, id, data } of frames) yield { type: event ?? 'message', id, data: parseData(data) };
    } catch (error) {
      throw this.unreachable(error, request.signal);
    }
  }

  /**
   * The text of an answer as it arrives.
   * @throws as `send`; UnreachableError also when the answer breaks off.
   */
  async *download(path: string, request: ApiRequest = {}): AsyncGenerator<string, void, undefined> {
    const response = await this.fetch(path, request);
    if (!response.ok || !response.body) {
      const body = (await this.readBody(response, request.signal)) as ErrorBody;
      throw new ApiError(response.status, body, this.address.apiKey !== undefined);
    }
    try {
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) yield chunk;
    } catch (error) {
      throw this.unreachable(error, request.signal);
    }
  }

  private async fetch(
    path: string,
    { method, json, text, form, headers, query, signal }: ApiRequest,
  ): Promise<Response> {
    const { apiKey } = this.address;
    try {
      return await fetch(this.resolve(path, query), {
        method: method ?? 'GET',
        headers: {
          accept: 'application/json',
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        body: json === undefined ? (form ?? text) : JSON.stringify(json),
        signal,
      });
    } catch (error) {
      throw this.unreachable(error, signal);
    }
  }

  private resolve(path: string, query: ApiRequest['query'] = {}): URL {
    const url = new URL(path, this.address.url);
    for (const [name, value] of Object.entries(query)) {
      for (const one of value === undefined ? [] : [value].flat()) url.searchParams.append(name, one);
    }
    return url;
  }

  private async readBody(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
    const text = await response.text().catch((error: unknown) => {
      throw this.unreachable(error, signal);
    });
    try {
      return JSON.parse(text);
    } catch {
      return { message: text.slice(0, 500) || response.statusText };
    }
  }

  private unreachable(error: unknown, signal: AbortSignal | undefined): unknown {
    return signal?.aborted ? error : new UnreachableError(this.address.url, error);
  }
}

function parseData(data: string): ApiEvent['data'] {
  try {
    return JSON.parse(data) as ApiEvent['data'];
  } catch {
    return { text: data };
  }
}
