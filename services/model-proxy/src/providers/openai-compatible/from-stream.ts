import { FailureError } from '@treadle/failure';
import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import type { FinishReason, ModelPart } from '../../domain/provider.js';
import { failureFromEvent, notCompletion, streamCut } from './failures.js';
import type { OpenAiCompatibleOptions } from './options.js';

/** The larger of what a sane event and a sane plain answer need, in characters. */
const longestBuffer = 32 * 1024 * 1024;

/** A chunk is trusted to have OpenAI's shape where it has fields at all: checking each of hundreds per answer would cost more than reading it. */
interface Chunk {
  readonly choices?: readonly Choice[];
  readonly usage?: Usage | null;
  readonly error?: unknown;
}

interface Choice {
  readonly delta?: Content;
  readonly message?: Content;
  readonly finish_reason?: string | null;
}

interface Content {
  readonly content?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly refusal?: string | null;
}

interface Usage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  content_filter: 'content_filter',
  function_call: 'tool_calls',
  length: 'length',
  stop: 'stop',
  tool_calls: 'tool_calls',
};

/** Collects what the chunks of one answer say. */
class Answer {
  receivedCharacters = 0;
  done = false;
  private finishReason: string | undefined;
  private usage: Usage | undefined;
  private parts: { type: 'text' | 'reasoning'; text: string }[] = [];

  constructor(private readonly options: OpenAiCompatibleOptions) {}

  add(chunk: Chunk): void {
    if (chunk.error) throw new FailureError(failureFromEvent(this.options, chunk, this.receivedCharacters));
    if (chunk.usage) this.usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (!choice) return;
    const content = choice.delta ?? choice.message;
    this.push('reasoning', content?.reasoning_content ?? content?.reasoning);
    this.push('text', content?.content ?? content?.refusal);
    if (choice.finish_reason) this.finishReason = choice.finish_reason;
  }

  /** Whether the provider said that nothing is missing. */
  get complete(): boolean {
    return this.done || this.finishReason !== undefined;
  }

  /** The parts since the last time. Neighbours of one kind that arrived together are one part: each costs a message on every hop. */
  take(): ModelPart[] {
    const taken = this.parts;
    this.parts = [];
    return taken;
  }

  finished(warnings: readonly string[]): ModelPart {
    return {
      type: 'finished',
      finishReason: finishReasons[this.finishReason ?? 'stop'] ?? 'stop',
      inputTokens: this.usage?.prompt_tokens ?? 0,
      outputTokens: this.usage?.completion_tokens ?? 0,
      warnings: this.usage
        ? warnings
        : [...warnings, `The provider "${this.options.name}" did not say how many tokens the call used.`],
    };
  }

  private push(type: 'text' | 'reasoning', text: string | null | undefined): void {
    if (!text) return;
    if (type === 'text') this.receivedCharacters += text.length;
    const last = this.parts.at(-1);
    if (last?.type === type) last.text += text;
    else this.parts.push({ type, text });
  }
}

/** Reads a streamed answer. `bytes` may throw what the connection throws; that becomes a failure here. */
export async function* fromStream(
  bytes: AsyncIterable<Uint8Array>,
  options: OpenAiCompatibleOptions,
  warnings: readonly string[],
): AsyncGenerator<ModelPart> {
  const answer = new Answer(options);
  const read = reader(answer, options);
  try {
    for await (const piece of bytes) {
      read(piece);
      yield* answer.take();
      if (answer.done) break;
    }
  } catch (error) {
    yield* answer.take();
    if (error instanceof FailureError) throw error;
    // Once the last word is known to be there, only the usage can be missing.
    if (!answer.complete) throw streamCut(options, answer.receivedCharacters, error, options);
  }
  if (!answer.complete) throw streamCut(options, answer.receivedCharacters, undefined, options);
  yield answer.finished(warnings);
}

function reader(answer: Answer, options: OpenAiCompatibleOptions): (piece: Uint8Array) => void {
  const decoder = new TextDecoder();
  const parser = createParser({
    maxBufferSize: longestBuffer,
    onEvent: ({ data }) => {
      if (data === '[DONE]') answer.done = true;
      else answer.add(parseChunk(data, answer, options));
    },
    onError: (error) => {
      // Unknown fields are for clients to ignore; an event that never ends is not.
      if (error.type === 'max-buffer-size-exceeded') throw notCompletion(options, 'sent an event without end');
    },
  });
  return (piece) => parser.feed(decoder.decode(piece, { stream: true }));
}

function parseChunk(data: string, answer: Answer, options: OpenAiCompatibleOptions): Chunk {
  try {
    const chunk: unknown = JSON.parse(data);
    if (typeof chunk === 'object' && chunk !== null) return chunk;
  } catch {
    // Told below, like JSON that is no object.
  }
  throw FailureError.of(
    'provider_error',
    `The provider "${options.name}" sent a stream event that is not a JSON object, after ${answer.receivedCharacters} characters of its answer.`,
    { details: { provider: options.name, receivedCharacters: answer.receivedCharacters } },
  );
}

const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }).loose(),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number().optional(), completion_tokens: z.number().optional() }).nullish(),
});

/** Reads the plain answer of a server that does not stream. */
export function fromPlainAnswer(
  text: string,
  options: OpenAiCompatibleOptions,
  warnings: readonly string[],
): readonly ModelPart[] {
  const answer = new Answer(options);
  const body = jsonOf(text);
  if (typeof body === 'object' && body !== null && 'error' in body && body.error) answer.add(body);
  const completion = completionSchema.safeParse(body);
  if (!completion.success) throw notCompletion(options, 'answered with something that is no chat completion');
  answer.add(completion.data);
  answer.done = true;
  return [...answer.take(), answer.finished(warnings)];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
