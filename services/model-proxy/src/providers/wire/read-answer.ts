import { FailureError } from '@treadle/failure';
import { createParser } from 'eventsource-parser';
import type { ModelPart } from '../../domain/provider.js';
import type { AnswerReader } from './answer-reader.js';
import { notUnderstood, receivedDetails, streamCut } from './failures.js';
import type { ServerOptions } from './server-options.js';

/** The larger of what a sane event and a sane plain answer need, in characters. */
const longestBuffer = 32 * 1024 * 1024;

/** How events follow each other: server-sent events, or one JSON object a line. */
export type Framing = 'sse' | 'lines';

/** Reads a streamed answer. `bytes` may throw what the connection throws; that becomes a failure here. */
export async function* readAnswer(
  bytes: AsyncIterable<Uint8Array>,
  framing: Framing,
  answer: AnswerReader,
  options: ServerOptions,
  warnings: readonly string[],
): AsyncGenerator<ModelPart> {
  const read = (framing === 'sse' ? eventReader : lineReader)((data) => addEvent(data, answer, options), options);
  // What the connection throws may be a failure too: whoever gives up a call says why.
  let understood = true;
  try {
    for await (const piece of bytes) {
      understood = false;
      read(piece);
      understood = true;
      yield* answer.take();
      if (answer.done) break;
    }
  } catch (error) {
    yield* answer.take();
    if (!understood) throw error;
    // Once the last word is known to be there, only the usage can be missing.
    if (!answer.complete) throw streamCut(options, answer.receivedText, error, options);
  }
  if (!answer.complete) throw streamCut(options, answer.receivedText, undefined, options);
  yield answer.finished(warnings);
}

function addEvent(data: string, answer: AnswerReader, options: ServerOptions): void {
  if (data === '[DONE]') answer.done = true;
  else answer.add(parseEvent(data, answer, options));
}

type Feed = (piece: Uint8Array) => void;

function eventReader(onData: (data: string) => void, options: ServerOptions): Feed {
  const decoder = new TextDecoder();
  const parser = createParser({
    maxBufferSize: longestBuffer,
    onEvent: ({ data }) => onData(data),
    onError: (error) => {
      // Unknown fields are for clients to ignore; an event that never ends is not.
      if (error.type === 'max-buffer-size-exceeded') throw notUnderstood(options, 'sent an event without end');
    },
  });
  return (piece) => parser.feed(decoder.decode(piece, { stream: true }));
}

function lineReader(onData: (data: string) => void, options: ServerOptions): Feed {
  const decoder = new TextDecoder();
  let rest = '';
  return (piece) => {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestBuffer) throw notUnderstood(options, 'sent a line without end');
    for (const line of lines) if (line.trim()) onData(line);
  };
}

function parseEvent(data: string, answer: AnswerReader, options: ServerOptions): object {
  try {
    const event: unknown = JSON.parse(data);
    if (typeof event === 'object' && event !== null) return event;
  } catch {
    // Told below, like JSON that is no object.
  }
  throw FailureError.of(
    'provider_error',
    `The provider "${options.name}" sent a stream event that is not a JSON object, after ${answer.receivedText.length} characters of its answer.`,
    { details: { provider: options.name, ...receivedDetails(answer.receivedText) } },
  );
}
