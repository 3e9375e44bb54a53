import { FailureError } from '@treadle/failure';
import type { ModelPart } from '../../domain/provider.js';
import type { AnswerReader } from './answer-reader.js';
import { EventReader } from './event-reader.js';
import { notUnderstood, receivedDetails, streamCut } from './failures.js';
import type { ServerOptions } from './server-options.js';
import { TextPattern } from './text-pattern.js';

/** The larger of what a sane event and a sane plain answer need, in characters. */
const longestBuffer = 32 * 1024 * 1024;

/** How events follow each other: server-sent events, or one JSON object a line. */
export type Framing = 'sse' | 'lines';

/** The bytes of an answer, and what becomes of those that are not read. */
interface AnswerBytes extends AsyncIterable<Uint8Array> {
  /** The answer came to its end: nothing that follows matters. */
  drain(): void;
  /** The answer failed, or its reader went away. */
  abandon(): void;
}

/** Reads a streamed answer. `bytes` may throw what the connection throws; that becomes a failure here. */
export async function* readAnswer(
  bytes: AnswerBytes,
  framing: Framing,
  answer: AnswerReader,
  options: ServerOptions,
  warnings: readonly string[],
): AsyncGenerator<ModelPart> {
  const pattern = new TextPattern((event) => answer.onlyText(event));
  const read = (framing === 'sse' ? eventReader : lineReader)(
    (data) => addEvent(data, answer, pattern, options),
    options,
  );
  // What the connection throws may be a failure too: whoever gives up a call says why.
  let understood = true;
  let finished = false;
  try {
    for await (const piece of bytes) {
      understood = false;
      read(piece);
      understood = true;
      for (const part of answer.take()) yield part;
      if (answer.done) break;
    }
    finished = answer.complete;
  } catch (error) {
    for (const part of answer.take()) yield part;
    if (!understood) throw error;
    // Once the last word is known to be there, only the usage can be missing.
    if (!answer.complete) throw streamCut(options, answer.receivedText, error, options);
    finished = true;
  } finally {
    if (finished) bytes.drain();
    else bytes.abandon();
  }
  if (!finished) throw streamCut(options, answer.receivedText, undefined, options);
  yield answer.finished(warnings);
}

function addEvent(data: string, answer: AnswerReader, pattern: TextPattern, options: ServerOptions): void {
  const text = pattern.read(data);
  if (text !== undefined) return answer.addText(text);
  if (data === '[DONE]') {
    answer.done = true;
    return;
  }
  const event = parseEvent(data, answer, options);
  answer.add(event);
  pattern.learn(data, event);
}

type Feed = (piece: Uint8Array) => void;

function eventReader(onData: (data: string) => void, options: ServerOptions): Feed {
  const decoder = new TextDecoder();
  const reader = new EventReader(onData);
  return (piece) => {
    reader.feed(decoder.decode(piece, { stream: true }));
    if (reader.pending > longestBuffer) throw notUnderstood(options, 'sent an event without end');
  };
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
