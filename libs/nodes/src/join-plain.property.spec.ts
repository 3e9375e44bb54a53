import type { Json } from '@treadle/workflow';
import fc from 'fast-check';
import { Environment } from 'minijinja-js';
import { describe, expect, it } from 'vitest';
import { joinPlain } from './join-plain.js';
import { isPlainTemplate } from './render-jinja.js';

const numRuns = Number(process.env['TREADLE_PROPERTY_RUNS'] ?? 2000);

const plainName = fc.constantFrom('a', 'b', 'c_1');
const oddName = fc.constantFrom('not', 'none', 'loop', 'self', 'true', 'if', 'length', 'keys', '__proto__');
const name = fc.oneof({ arbitrary: plainName, weight: 9 }, { arbitrary: oddName, weight: 1 });
const step = fc.oneof(
  name.map((key) => `.${key}`),
  fc.integer({ min: 0, max: 3 }).map((index) => `[${index}]`),
);
const path = fc.oneof(
  { arbitrary: fc.constant([]), weight: 4 },
  { arbitrary: fc.array(step, { maxLength: 2 }), weight: 1 },
);
const reference = fc
  .tuple(
    fc.constantFrom('{{', '{{', '{{', '{{ ', '{{\n', '{{-'),
    name,
    path,
    fc.constantFrom('}}', '}}', '}}', ' }}', '-}}'),
  )
  .map(([open, first, steps, close]) => `${open}${first}${steps.join('')}${close}`);
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n', '\r', '\r\n', ' \n ', '{', '}', '<b>&'));
const templates = fc.array(fc.oneof(reference, text), { maxLength: 5 }).map((parts) => parts.join(''));

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf as fc.Arbitrary<Json>,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(name, fc.constantFrom('0', '1')), tie('value'), { maxKeys: 3 }),
  ),
}));
const known = fc.record({ a: fc.string({ unit: 'binary' }), b: value, c_1: fc.oneof(fc.integer(), value) });
const contexts = fc
  .tuple(fc.dictionary(oddName, value, { maxKeys: 2, noNullPrototype: true }), known)
  .map(([odd, plain]) => ({ ...odd, ...plain }));

/** What the renderer gives, or undefined where it refuses. */
function rendered(template: string, variables: Readonly<Record<string, Json>>): string | undefined {
  const environment = new Environment();
  environment.enablePyCompat();
  try {
    return environment.renderStr(template, variables);
  } catch {
    return undefined;
  } finally {
    environment.free();
  }
}

describe('joining a plain template', () => {
  it('gives what the renderer gives, or nothing', () => {
    let joined = 0;
    fc.assert(
      fc.property(templates, contexts, (template, variables) => {
        fc.pre(isPlainTemplate(template));
        const result = joinPlain(template, variables);
        if (result === undefined) return;
        if (template.includes('{{')) joined += 1;
        expect(result).toBe(rendered(template, variables));
      }),
      { numRuns },
    );
    expect(joined).toBeGreaterThan(numRuns / 10);
  });
});
