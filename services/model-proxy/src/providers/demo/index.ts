import { CallSignal } from '../../domain/call-signal.js';
import { textOf } from '../../domain/message.js';
import type { ModelCall, ModelPart, Provider } from '../../domain/provider.js';

const longestQuote = 200;

/** A built-in model for trying things without a key. It always says that it is the demo model, and says the same thing to the same question. */
export class DemoProvider implements Provider {
  readonly kind = 'demo';

  constructor(readonly name = 'demo') {}

  async listModels(): Promise<readonly string[]> {
    return ['demo'];
  }

  async *chat(call: ModelCall): AsyncGenerator<ModelPart> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    const words = wordsOf(demoAnswer(call));
    for (const text of words) {
      // A turn of the event loop for each word, as a stream from a real provider would have.
      await new Promise((resolve) => setImmediate(resolve));
      if (stop.failure) throw stop.failure;
      yield { type: 'text', text };
    }
    const inputTokens = call.messages.reduce((sum, message) => sum + wordsOf(textOf(message)).length, 0);
    yield { type: 'finished', finishReason: 'stop', inputTokens, outputTokens: words.length, warnings: [] };
  }

  async close(): Promise<void> {}
}

/** What the demo model answers: a quote of the last message and its size. */
export function demoAnswer({ messages }: Pick<ModelCall, 'messages'>): string {
  const asked = messages.findLast(({ role }) => role === 'user') ?? messages.at(-1);
  const text = asked ? textOf(asked).trim() : '';
  if (!text) return '[demo model] You said nothing. Send a message and I will repeat it.';
  const quote = text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
  const count = wordsOf(text).length;
  const size = count === 1 ? 'That is one word.' : `That is ${count} words.`;
  return `[demo model] You said: ${quote}\n\n${size} Set OPENAI_API_KEY or OPENAI_BASE_URL for answers from a real model.`;
}

/** Words with the white space after them. */
function wordsOf(text: string): string[] {
  return text.match(/\S+\s*/g) ?? [];
}
