import { FailureError } from '@treadle/failure';
import type { Http, HttpAnswer, HttpQuestion } from '@treadle/nodes';
import type { Dispatcher } from 'undici';
import { requestFailure } from './request-failure.js';
import { unpacked } from './unpacked.js';

/** A request whose answer is read as it comes. */
export type StreamedQuestion = HttpQuestion;

/** What an execution may send: whole answers as text, and answers that are read as they come. */
export interface StreamingHttp extends Http {
  /**
   * The caller reads `body` to its end, leaves the loop, or calls `cancel`; until then the answer holds its connection.
   * @throws FailureError `address_blocked`, `node_configuration`, `http_request_failed`; while reading also `http_response_too_large`.
   */
  open(question: StreamedQuestion): Promise<StreamedAnswer>;
  /** The same way out, ended by another signal; for what has to be said after the first has fired. */
  forSignal(signal: AbortSignal): StreamingHttp;
}

export interface StreamedAnswer {
  readonly status: number;
  /** Names in lower case; several values of one name joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** Can be read once. Fails with `http_response_too_large` at the first byte above the limit. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of an answer that nobody reads. */
  cancel(): void;
}

export function streamedAnswer(answer: Dispatcher.ResponseData, url: URL, maxBytes: number): StreamedAnswer {
  const entries = Object.entries(answer.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]);
  const headers = Object.fromEntries(entries) as Record<string, string>;
  return {
    status: answer.statusCode,
    headers,
    url,
    body: limited(unpacked(answer.body, headers['content-encoding']), url, maxBytes),
    cancel: () => {
      answer.body.once('error', () => undefined);
      answer.body.destroy();
    },
  };
}

/** Reads the whole answer. It becomes text of its own charset when somebody asks for that. */
export async function toWhole(answer: StreamedAnswer): Promise<HttpAnswer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  const { status, headers } = answer;
  const bytes = Buffer.concat(chunks);
  return {
    status,
    headers,
    bytes,
    get body() {
      return decoderFor(headers['content-type']).decode(bytes);
    },
  };
}

/** Passes on what comes, counting what really comes. */
async function* limited(body: AsyncIterable<Uint8Array>, url: URL, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(url, maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw requestFailure(error, url);
  }
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
