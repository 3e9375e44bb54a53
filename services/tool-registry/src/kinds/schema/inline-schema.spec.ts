import type { Json, JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { inlineSchema } from './inline-schema.js';
import { References } from './references.js';
import { SchemaBudget } from './schema-budget.js';

function inline(
  schema: Json,
  root: JsonObject = {},
  dialect: 'openapi-3.0' | '2020-12' = '2020-12',
  budget = new SchemaBudget(),
) {
  return inlineSchema(schema, { references: new References(root), budget, dialect });
}

const withSchemas = (schemas: JsonObject): JsonObject => ({ components: { schemas } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

describe('inlineSchema', () => {
  it('writes references out, wherever they stand', () => {
    const root = withSchemas({ Name: { type: 'string', maxLength: 5 }, 'a/b ~c': { type: 'integer' } });
    const schema = {
      properties: { name: ref('Name') },
      items: ref('Name'),
      anyOf: [ref('Name'), { $ref: '#/components/schemas/a~1b%20~0c' }],
      additionalProperties: ref('Name'),
    };
    const name = { type: 'string', maxLength: 5 };
    expect(inline(schema, root)).toEqual({
      properties: { name },
      items: name,
      anyOf: [name, { type: 'integer' }],
      additionalProperties: name,
    });
  });

  it('cuts a form that contains itself where it repeats, and says so', () => {
    const root = withSchemas({
      Tree: { type: 'object', properties: { left: ref('Tree'), value: { type: 'number' } } },
    });
    expect(inline(ref('Tree'), root)).toEqual({
      type: 'object',
      properties: {
        left: { type: 'object', description: 'The same form again (Tree), as described around it.' },
        value: { type: 'number' },
      },
    });
  });

  it('cuts circles through several forms, and through the document itself', () => {
    const root = withSchemas({ A: { items: ref('B') }, B: { anyOf: [ref('A'), { type: 'null' }] } });
    expect(JSON.stringify(inline(ref('A'), root))).toContain('The same form again (A)');
    const whole = { type: 'object', properties: { self: { $ref: '#' } } };
    expect(JSON.stringify(inline({ $ref: '#' }, whole))).toContain('The same form again');
  });

  it('stops writing out references that double at every step, and notes it', () => {
    const steps = Object.fromEntries(
      Array.from({ length: 30 }, (_, step) => [
        `S${step}`,
        { type: 'object', properties: { one: ref(`S${step + 1}`), two: ref(`S${step + 1}`) } },
      ]),
    );
    const budget = new SchemaBudget();
    const written = inline(ref('S0'), withSchemas({ ...steps, S30: { type: 'string' } }), '2020-12', budget);
    expect(budget.cut).toBe(true);
    expect(JSON.stringify(written).length).toBeLessThan(1_000_000);
    expect(JSON.stringify(written)).toContain('too large to be written out');
  });

  it('fails for a source whose tools together are without measure', () => {
    const budget = new SchemaBudget();
    const properties = Object.fromEntries(Array.from({ length: 2900 }, (_, index) => [`p${index}`, {}]));
    const many = () => {
      for (let tool = 0; tool < 100; tool++) {
        budget.nextTool();
        inline({ properties }, {}, '2020-12', budget);
      }
    };
    expect(many).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: 'limit_exceeded' }) }));
  });

  it.each([
    ['https://example.com/pet.json', /leads out of the document.*Bundle/],
    ['./pet.yaml#/Pet', /leads out of the document/],
    ['file:///etc/passwd', /leads out of the document/],
    ['#/components/schemas/Missing', /leads to nothing/],
    ['#Anchor', /leads to nothing/],
    ['#/components/schemas/toString', /leads to nothing/],
    ['#/components/schemas/Self', /in a circle/],
  ])('refuses the reference %s', ($ref, message) => {
    const root = withSchemas({ Self: ref('Self') });
    expect(() => inline({ properties: { pet: { $ref } } }, root)).toThrow(message);
  });

  it.each([
    [{ type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      { type: 'string', enum: ['a'], nullable: true },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    [{ nullable: true, allOf: [{ type: 'object' }] }, { anyOf: [{ allOf: [{ type: 'object' }] }, { type: 'null' }] }],
    [
      { type: 'number', minimum: 1, exclusiveMinimum: true },
      { type: 'number', exclusiveMinimum: 1 },
    ],
    [
      { type: 'number', maximum: 9, exclusiveMaximum: false },
      { type: 'number', maximum: 9 },
    ],
    [
      { type: 'string', example: 'x', xml: { name: 'y' }, 'x-more': 1 },
      { type: 'string', examples: ['x'] },
    ],
    [{ ...ref('Text'), description: 'ignored' }, { type: 'string' }],
  ])('reads the words of OpenAPI 3.0: %j', (schema, written) => {
    expect(inline(schema, withSchemas({ Text: { type: 'string' } }), 'openapi-3.0')).toEqual(written);
  });

  it('keeps what stands beside a reference since 3.1', () => {
    const root = withSchemas({ Text: { type: 'string' } });
    expect(inline({ ...ref('Text'), description: 'A name' }, root)).toEqual({ type: 'string', description: 'A name' });
    expect(inline({ ...ref('Text'), maxLength: 3 }, root)).toEqual({ allOf: [{ type: 'string' }, { maxLength: 3 }] });
  });

  it('leaves out what only answers have', () => {
    const schema = {
      type: 'object',
      properties: { id: { type: 'integer', readOnly: true }, name: { type: 'string' } },
      required: ['id', 'name'],
    };
    expect(inline(schema)).toEqual({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] });
  });

  it('tells a pattern instead of checking it', () => {
    const schema = { type: 'string', pattern: '^(a+)+$', description: 'A word.' };
    expect(inline(schema)).toEqual({ type: 'string', description: 'A word. Matches the pattern ^(a+)+$' });
    const byPattern = { type: 'object', patternProperties: { '^x-': {} }, additionalProperties: false };
    expect(inline(byPattern)).toEqual({ type: 'object' });
  });

  it('takes schemas that are not objects, and names that are traps', () => {
    expect(inline(true)).toEqual({});
    expect(inline(false)).toEqual({ not: {} });
    expect(inline('nonsense')).toEqual({});
    const trap = JSON.parse('{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"}}}') as Json;
    expect(JSON.stringify(inline(trap))).toBe(JSON.stringify(trap));
  });
});
