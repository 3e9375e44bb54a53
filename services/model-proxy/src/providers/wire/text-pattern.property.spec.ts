import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessagesReader } from '../anthropic/from-stream.js';
import { ChatCompletionReader } from '../openai-compatible/from-stream.js';
import type { AnswerReader } from './answer-reader.js';
import { TextPattern } from './text-pattern.js';

const options = { name: 'p', kind: 'p', baseUrl: '', apiKey: '', connectTimeoutMs: 1, silenceTimeoutMs: 1 };

const word = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.constantFrom('Hello', ' world', 'content', 'stop', '"', '\\', '\n', 'é', '👋', '}', '"}', ''),
);
const delta = fc.oneof(
  { weight: 6, arbitrary: fc.record({ content: word }) },
  fc.record({ role: fc.constant('assistant'), content: word }),
  fc.record({ content: word, reasoning_content: word }),
  fc.record({ reasoning: word }, { requiredKeys: [] }),
  fc.record({
    content: word,
    tool_calls: fc.constant([{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }]),
  }),
);
const chunk = fc.record(
  {
    id: fc.constantFrom('a', 'content'),
    choices: fc.tuple(
      fc.record(
        { delta, finish_reason: fc.constantFrom(null, null, null, 'stop', 'length') },
        { requiredKeys: ['delta'] },
      ),
    ),
    usage: fc.constantFrom(null, null, null, { prompt_tokens: 1, completion_tokens: 2 }),
    obfuscation: word,
  },
  { requiredKeys: ['choices'] },
);
/** Events as one server writes them: with spaces or without. */
const stream = fc.tuple(fc.array(chunk, { maxLength: 30 }), fc.constantFrom(undefined, 1));

function patternOf(reader: AnswerReader): TextPattern {
  return new TextPattern((event) => reader.onlyText(event));
}

/** How many of the events were read without being parsed. */
function readWithPattern(reader: AnswerReader, events: readonly string[]): number {
  const pattern = patternOf(reader);
  let spared = 0;
  for (const data of events) {
    const text = pattern.read(data);
    if (text === undefined) {
      const event = JSON.parse(data) as object;
      reader.add(event);
      pattern.learn(data, event);
    } else {
      reader.addText(text);
      spared += 1;
    }
  }
  return spared;
}

const openAiEvent = (content: string, padding: string) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }],
    usage: null,
    obfuscation: padding,
  });
const anthropicEvent = (text: string) =>
  JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });

describe('events that are like one before', () => {
  it('say what they say when they are parsed', () => {
    fc.assert(
      fc.property(stream, ([chunks, space]) => {
        const events = chunks.map((each) => JSON.stringify(each, undefined, space).replaceAll('\n', ''));
        const [parsed, spared] = [new ChatCompletionReader(options), new ChatCompletionReader(options)];
        for (const data of events) parsed.add(JSON.parse(data) as object);
        readWithPattern(spared, events);
        expect(spared.take()).toEqual(parsed.take());
        expect(spared.receivedText).toBe(parsed.receivedText);
        expect(spared.complete).toBe(parsed.complete);
        expect(spared.finished([])).toEqual(parsed.finished([]));
      }),
      { numRuns: 500 },
    );
  });

  it('are not parsed, with or without padding', () => {
    const words = ['Once', ' upon', ' a', ' time', ' "', ' there', '\n'];
    const openAi = new ChatCompletionReader(options);
    const padded = words.map((content, index) => openAiEvent(content, 'x'.repeat(index)));
    expect(readWithPattern(openAi, padded)).toBe(4);
    const anthropic = new MessagesReader(options);
    expect(readWithPattern(anthropic, words.map(anthropicEvent))).toBe(4);
    for (const reader of [openAi, anthropic]) expect(reader.receivedText).toBe(words.join(''));
  });
});
