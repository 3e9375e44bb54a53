import { afterAll, describe, expect, it } from 'vitest';
import { TemplateRenderer } from '../src/index.js';

const renderer = new TemplateRenderer({ processes: 1, timeoutSeconds: 3, memoryBytes: 128 * 1024 * 1024 });
afterAll(() => renderer.close());

const values = { x: 'a', big: 'y'.repeat(200_000), list: Array.from({ length: 5000 }, (_, at) => at) };
const render = (template: string, signal = new AbortController().signal) => renderer.render(template, values, signal);

describe('TemplateRenderer', () => {
  it('renders Jinja2 with the values it is given', async () => {
    expect(await render('{% for n in list[:3] %}{{ n + 1 }}{% endfor %}{{ x.upper() }}{{ gone }}')).toBe('123A');
    expect(await render('{{ x }}!')).toBe('a!');
  });

  it('says what is wrong with a template', async () => {
    await expect(render('one\n{{ foo( }}')).rejects.toMatchObject({
      failure: { code: 'template_error', details: { line: 2 }, retryable: false },
    });
  });

  it.each([
    ['repeats a text', "{{ 'x' * 1000000000 }}"],
    ['repeats a text and hides it', "{{ ('x' * 1000000000) | length }}"],
    ['looks through a list that does not end', '{{ 2 in ([1] * 4000000000) }}'],
    [
      'doubles a text',
      "{% set n = namespace(a='xxxx') %}{% for i in range(40) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
    ],
    ['indents', "{{ ('a\n' * 100000) | indent(100000) | length }}"],
    ['replaces', "{{ big | replace('y', big) | length }}"],
    ['replaces by a method', "{{ big.replace('y', big) | length }}"],
    ['joins', '{{ big | list | join(big) | length }}'],
    ['writes JSON', '{{ [[[list]]] | tojson(indent=1000000) | length }}'],
    ['fills a batch', "{{ list | batch(1000000000, 'x') | list | length }}"],
    ['cuts into slices', '{{ list | slice(1000000000) | list | length }}'],
    ['shows a lot', '{% for i in range(100000) %}{{ big }}{% endfor %}'],
    ['loops in loops', '{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}'],
    ['gives too much', '{{ big }}{{ big }}{{ x | upper }}'],
  ])('ends a template that %s, and renders the next one', async (_, template) => {
    await expect(render(template)).rejects.toMatchObject({ failure: { code: 'limit_exceeded', retryable: false } });
    expect(await render('{{ 1 + 1 }}')).toBe('2');
  });

  it('ends deep recursion', async () => {
    await expect(render('{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}')).rejects.toMatchObject({
      failure: { code: 'template_error' },
    });
    await expect(render(`{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`)).rejects.toMatchObject({
      failure: { code: expect.stringMatching(/template_error|limit_exceeded/) },
    });
    expect(await render('{{ 1 + 1 }}')).toBe('2');
  });

  it('stops when its signal fires', async () => {
    const stop = new AbortController();
    const call = render('{{ ([1] * 4000000000) | sum }}', stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(call).rejects.toThrow('cancelled');
    expect(await render('{{ 1 + 1 }}')).toBe('2');
  });
});
