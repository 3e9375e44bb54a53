import { fakeContext } from '@treadle/testing/fake-capabilities';
import type { Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { template } from './template.descriptor.js';
import { executeTemplate } from './template.executor.js';

function configOf(text: string, values: Record<string, Json>) {
  const variables = Object.keys(values).map((variable) => ({ variable, value_selector: ['n', variable] }));
  return template.config.parse({ template: text, variables });
}

const settle = (text: string, values: Record<string, Json> = {}) =>
  template.settle(configOf(text, values), ([, name = '']) => values[name]);

const execute = async (text: string, values: Record<string, Json> = {}) => {
  const named = Object.fromEntries(Object.entries(values).map(([name, value]) => [`n.${name}`, value]));
  return (await executeTemplate(configOf(text, values), fakeContext(named))).outputs.output;
};

const isWork = (text: string) => template.isWork?.(configOf(text, {}));

describe('template', () => {
  it('renders Jinja2 with the values it names', async () => {
    const text =
      '{% for item in items %}{{ loop.index }}. {{ item.name.upper() }}\n{% endfor %}{{ gone }}{{ count + 1 }}';
    expect(await execute(text, { items: [{ name: 'a' }, { name: 'b' }], count: 2 })).toBe('1. A\n2. B\n3');
  });

  it.each<[string, Record<string, Json>, string]>([
    ['Hello {{ name }}!', { name: 'Ada' }, 'Hello Ada!'],
    [
      '{{ a.b.c }}{{- list[1] -}} {{list}} {{ gone }}',
      { a: { b: { c: 1.5 } }, list: ['x', true] },
      '1.5true["x", true] ',
    ],
    ['no reference { at } % all', {}, 'no reference { at } % all'],
    ['{{ x }}', { x: '<b>{{ y }}{% for %}' }, '<b>{{ y }}{% for %}'],
  ])('settles a plain template in the engine: %s', async (text, values, output) => {
    expect(isWork(text)).toBe(false);
    expect(settle(text, values)).toEqual({ outputs: { output } });
    expect(await execute(text, values)).toBe(output);
  });

  it.each([
    '{% if a %}b{% endif %}',
    '{{ a + b }}',
    '{{ a | upper }}',
    '{{ a() }}',
    '{{ a.b() }}',
    "{{ 'x' * 4000000000 }}",
    '{{ [a] }}',
    '{{ a[b] }}',
    '{{ a ~ a }}',
    '{{ {{ a }} }}',
    '{# a #}',
    '{{',
    'x'.repeat(50_001),
  ])('leaves to an executor what computes: %s', (text) => {
    expect(isWork(text)).toBe(true);
  });

  it('says the line of a template that cannot be rendered', async () => {
    const wrong = { failure: { code: 'template_error', details: { line: 2 }, retryable: false } };
    await expect(execute('one\n{{ foo( }}')).rejects.toMatchObject(wrong);
    expect(settle('one\n{{ gone.a.b }}')).toMatchObject(wrong);
  });

  it('stops a template that does not end', async () => {
    const text = '{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}';
    await expect(execute(text)).rejects.toMatchObject({ failure: { code: 'limit_exceeded' } });
  });

  it('refuses output that is too long, before it is made where it would be far too long', () => {
    const tooLong = { failure: { code: 'limit_exceeded' } };
    expect(settle('{{ x }}{{ x }}', { x: 'a'.repeat(200_000) })).toMatchObject({ outputs: {} });
    expect(settle('{{ x }}{{ x }}b', { x: 'a'.repeat(200_000) })).toMatchObject(tooLong);
    expect(settle('{{ x }}'.repeat(7000), { x: 'a'.repeat(250_000) })).toMatchObject(tooLong);
  });

  it('gives the template nothing of the host', () => {
    expect(settle('{{ x.constructor }}{{ x.__proto__ }}{{ process }}', { x: {} })).toEqual({ outputs: { output: '' } });
  });
});
