import type { Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { template } from './template.descriptor.js';

function settle(text: string, values: Record<string, Json> = {}) {
  const variables = Object.keys(values).map((variable) => ({ variable, value_selector: ['n', variable] }));
  return template.settle(template.config.parse({ template: text, variables }), ([, name = '']) => values[name]);
}

describe('template', () => {
  it('renders Jinja2 with the values it names', () => {
    const text =
      '{% for item in items %}{{ loop.index }}. {{ item.name.upper() }}\n{% endfor %}{{ gone }}{{ count + 1 }}';
    expect(settle(text, { items: [{ name: 'a' }, { name: 'b' }], count: 2 })).toEqual({
      outputs: { output: '1. A\n2. B\n3' },
    });
  });

  it('writes text as it is, without escaping', () => {
    expect(settle('{{ x }}', { x: '<b>&' })).toEqual({ outputs: { output: '<b>&' } });
  });

  it.each([
    ['is not Jinja2', 'one\n{{ foo( }}'],
    ['asks for what cannot be', 'one\n{{ gone.a.b }}'],
  ])('says the line of a template that %s', (_, text) => {
    expect(settle(text)).toMatchObject({ failure: { code: 'template_error', details: { line: 2 }, retryable: false } });
  });

  it('stops a template that does not end', () => {
    const text = '{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}';
    expect(settle(text)).toMatchObject({ failure: { code: 'limit_exceeded' } });
  });

  it('refuses output that is too long', () => {
    expect(settle('{{ x }}{{ x }}', { x: 'a'.repeat(200_000) })).toMatchObject({ outputs: {} });
    expect(settle('{{ x }}{{ x }}b', { x: 'a'.repeat(200_000) })).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
  });

  it('gives the template nothing of the host', () => {
    expect(settle('{{ x.constructor }}{{ x.__proto__ }}{{ process }}', { x: {} })).toEqual({ outputs: { output: '' } });
  });
});
