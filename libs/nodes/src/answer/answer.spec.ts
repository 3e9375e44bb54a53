import { describe, expect, it } from 'vitest';
import { answer } from './answer.descriptor.js';

const config = answer.config.parse({ answer: 'Hello {{#start.name#}}, {{#llm.text#}}!', variables: [] });

describe('answer', () => {
  it('fills values into its text; what has no value leaves no trace', () => {
    const settlement = answer.settle(config, ([node]) => (node === 'start' ? 'Ada' : undefined));
    expect(settlement).toEqual({ outputs: { answer: 'Hello Ada, !' } });
  });

  it('reads what its text refers to', () => {
    expect(answer.reads(config)).toEqual([
      { selector: ['start', 'name'], field: 'answer' },
      { selector: ['llm', 'text'], field: 'answer' },
    ]);
  });

  it('outlines its text for streaming', () => {
    expect(answer.textOutline?.(config)).toEqual({
      form: 'template',
      segments: [
        { literal: 'Hello ' },
        { selector: ['start', 'name'], source: '{{#start.name#}}' },
        { literal: ', ' },
        { selector: ['llm', 'text'], source: '{{#llm.text#}}' },
        { literal: '!' },
      ],
    });
  });
});
