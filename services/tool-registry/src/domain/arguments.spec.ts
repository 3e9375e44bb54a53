import type { JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { checkArguments, hashOf, readArguments } from './arguments.js';

const schema: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 3, pattern: '^(a+)+$' },
    pattern: { type: 'integer' },
    address: { type: 'object', properties: { 'a/b': { type: 'boolean' } }, required: ['street'] },
    kind: { enum: ['x', 'y'] },
  },
  required: ['name'],
  additionalProperties: false,
};

const fieldOf = (args: JsonObject) => {
  try {
    checkArguments('tool', schema, args);
    return undefined;
  } catch (error) {
    return (error as { failure: { field: string } }).failure.field;
  }
};

describe('arguments', () => {
  it.each<[JsonObject, string | undefined]>([
    [{ name: 'abc' }, undefined],
    [{ name: 'zzz', pattern: 1 }, undefined],
    [{}, 'arguments.name'],
    [{ name: 'abcd' }, 'arguments.name'],
    [{ name: 'a', pattern: 'text' }, 'arguments.pattern'],
    [{ name: 'a', more: 1 }, 'arguments.more'],
    [{ name: 'a', kind: 'z' }, 'arguments.kind'],
    [{ name: 'a', address: {} }, 'arguments.address.street'],
    [{ name: 'a', address: { street: 's', 'a/b': 1 } }, 'arguments.address.a/b'],
  ])('%j fail at %s', (args, field) => {
    expect(fieldOf(args)).toBe(field);
  });

  it('are a JSON object', () => {
    expect(readArguments('')).toEqual({});
    for (const text of ['[]', '1', 'null', '{']) expect(() => readArguments(text)).toThrow(/JSON object/);
  });

  it('have one hash for every order of their members', () => {
    expect(hashOf({ a: 1, b: [{ c: 1, d: 2 }] })).toBe(hashOf({ b: [{ d: 2, c: 1 }], a: 1 }));
    expect(hashOf({ a: [1, 2] })).not.toBe(hashOf({ a: [2, 1] }));
  });
});
