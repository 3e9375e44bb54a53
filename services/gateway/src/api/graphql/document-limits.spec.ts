import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { checkLimits, documentLimits } from './document-limits.js';

const check = (text: string) => () => checkLimits(parse(text));
const nested = (levels: number) => `${'{ a '.repeat(levels)}${'}'.repeat(levels)}`;
const spread = (count: number) => Array.from({ length: count }, (_, index) => `x${index}: a`).join(' ');

describe('the limits of a document', () => {
  it('take as much as they say and nothing more', () => {
    expect(check(nested(documentLimits.depth))).not.toThrow();
    expect(check(nested(documentLimits.depth + 1))).toThrow('9 fields within each other; at most 8');
    expect(check(`{ ${spread(documentLimits.aliases)} }`)).not.toThrow();
    expect(check(`{ ${spread(documentLimits.aliases + 1)} }`)).toThrow('16 aliases; at most 15');
    expect(check(`{ ${'a '.repeat(documentLimits.fields)} }`)).not.toThrow();
    expect(check(`{ ${'a '.repeat(documentLimits.fields + 1)} }`)).toThrow('501 fields');
    expect(check(`{ a ${'@d '.repeat(documentLimits.directives)} }`)).not.toThrow();
    expect(check(`query ($v: Int ${'@d '.repeat(documentLimits.directives)}) @d { a }`)).toThrow('21 directives');
  });

  it('count a fragment wherever it is spread, and its depth where that is', () => {
    const fragment = `fragment F on T { ${spread(8)} }`;
    expect(check(`{ ...F } ${fragment}`)).not.toThrow();
    expect(check(`{ ...F b { ...F } } ${fragment}`)).toThrow('16 aliases');
    expect(check(`{ a { b { c { ...F } } } } fragment F on T ${nested(6)}`)).toThrow('9 fields within each other');
  });

  it('measure what doubles itself without doubling it', () => {
    const doubling = Array.from({ length: 150 }, (_, n) => `fragment F${n} on T { ...F${n + 1} ...F${n + 1} }`).join(
      ' ',
    );
    expect(check(`{ ...F0 } ${doubling} fragment F150 on T { a }`)).toThrow('far too many fields');
  });

  it('see circles of fragments, also where they are nested', () => {
    expect(check('{ ...A } fragment A on T { a { ...B } } fragment B on T { b { ...A } }')).toThrow('spreads itself');
  });

  it('let tools ask deep for the schema, and nothing hide behind that', () => {
    expect(check(`{ __schema ${nested(15)} a ${nested(7)} }`)).not.toThrow();
    expect(check(`{ __schema ${nested(16)} }`)).toThrow('17 fields within each other in its introspection; at most 16');
    expect(check(`{ __schema ${nested(3)} a ${nested(8)} }`)).toThrow('9 fields within each other; at most 8');
  });
});
