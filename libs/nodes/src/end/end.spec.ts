import { describe, expect, it } from 'vitest';
import { end } from './end.descriptor.js';

const config = end.config.parse({
  outputs: [
    { variable: 'text', value_selector: ['llm', 'text'], value_type: 'string' },
    { variable: 'other', value_selector: ['llm2', 'text'] },
    { variable: 'open', value_selector: [] },
  ],
});

describe('end', () => {
  it('gives every name, null where there is no value', () => {
    const settlement = end.settle(config, ([node]) => (node === 'llm' ? 'Hi' : undefined));
    expect(settlement).toEqual({ outputs: { text: 'Hi', other: null, open: null } });
  });

  it('reads only what is chosen', () => {
    expect(end.reads(config).map((reference) => reference.field)).toEqual([
      'outputs[0].value_selector',
      'outputs[1].value_selector',
    ]);
  });

  it('outlines its values on lines of their own', () => {
    expect(end.textOutline?.(config)).toEqual({
      form: 'lines',
      segments: [
        { selector: ['llm', 'text'], source: '{{#llm.text#}}' },
        { selector: ['llm2', 'text'], source: '{{#llm2.text#}}' },
      ],
    });
  });
});
