import { describe, expect, it } from 'vitest';
import { markdownHtml } from './markdown.js';

describe('markdown in a form', () => {
  it('shows headings, lists, code, emphasis and links', () => {
    const text =
      '# Refund\nfor **Ada**, *today*:\n- `12` EUR\n- see [order](https://shop.example/1?a=b&c=d)\n\n1. one\n2. two';
    expect(markdownHtml(text)).toBe(
      [
        '<h2>Refund</h2>',
        '<p>for <strong>Ada</strong>, <em>today</em>:</p>',
        '<ul><li><code>12</code> EUR</li><li>see <a href="https://shop.example/1?a=b&amp;c=d" rel="noreferrer noopener">order</a></li></ul>',
        '<ol><li>one</li><li>two</li></ol>',
      ].join('\n'),
    );
  });

  it.each([
    '<script>alert(1)</script>',
    '[x](javascript:alert(1))',
    '[x](https://a" onclick="b)',
    '`<img src=x onerror=alert(1)>`',
  ])('makes no markup of %s', (text) => {
    const tags = [...markdownHtml(text).matchAll(/<\/?([^>]*)>/g)].map(([, tag]) => tag);
    expect(tags.every((tag) => /^(p|code|a href="https:[^"]*" rel="noreferrer noopener"|a)$/.test(tag!))).toBe(true);
  });
});
