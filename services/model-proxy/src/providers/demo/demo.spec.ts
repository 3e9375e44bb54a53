import { describe, expect, it } from 'vitest';
import type { ModelPart } from '../../domain/provider.js';
import { DemoProvider } from './index.js';

const call = (...texts: string[]) => ({
  model: 'demo',
  messages: texts.map((text) => ({ role: 'user', text })),
  parameters: {},
  idempotencyKey: '',
  deadlineUnixMs: 0,
});

const ask = async (question: Parameters<DemoProvider['chat']>[0]) => {
  const parts: ModelPart[] = [];
  for await (const part of new DemoProvider().chat(question)) parts.push(part);
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  return { text, parts, finished: parts.at(-1) };
};

describe('the demo model', () => {
  it('says what it is and what it was told, word by word', async () => {
    const { text, parts, finished } = await ask(call('first', 'hello small world'));
    expect(text).toMatch(/^\[demo model\] You said: hello small world\n\nThat is 3 words\. /);
    expect(parts.length).toBeGreaterThan(8);
    expect(finished).toMatchObject({ finishReason: 'stop', inputTokens: 4, outputTokens: parts.length - 1 });
  });

  it('says the same again', async () => {
    expect(await ask(call('x'))).toEqual(await ask(call('x')));
  });

  it('keeps its answer short and copes with silence', async () => {
    expect((await ask(call('word '.repeat(10_000)))).text.length).toBeLessThan(500);
    expect((await ask(call())).text).toContain('[demo model]');
  });

  it('stops with its caller', async () => {
    await expect(ask({ ...call('x'), signal: AbortSignal.abort() })).rejects.toThrow('cancelled');
  });
});
