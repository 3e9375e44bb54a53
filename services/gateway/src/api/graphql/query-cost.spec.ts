import { buildSchema, getOperationAST, parse } from 'graphql';
import { expect, it } from 'vitest';
import { checkCost } from './query-cost.js';

const schema = buildSchema(`
  type Query { things(limit: Int = 20): Page, thing: Thing }
  type Page { items: [Thing!]!, next_cursor: String }
  type Thing { id: String, parts: [Thing!]!, more(limit: Int = 20): Page }
`);

function cost(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('no operation');
  return checkCost(schema, document, operation, variables);
}

it('counts a field once, and what is in a page as often as the page is long', () => {
  expect(cost('{ thing { id } }')).toBe(2);
  expect(cost('{ things(limit: 5) { next_cursor items { id } } }')).toBe(1 + 1 + 1 + 5);
  expect(cost('{ things { items { id } } }')).toBe(1 + 1 + 20);
  expect(cost('query ($n: Int) { things(limit: $n) { items { id } } }', { n: 7 })).toBe(1 + 1 + 7);
});

it('takes lists that nobody limits for ten long, and multiplies them', () => {
  expect(cost('{ thing { parts { parts { id } } } }')).toBe(1 + 1 + 10 * (1 + 10));
  expect(cost('{ things(limit: 3) { items { more(limit: 4) { items { id } } } } }')).toBe(1 + 1 + 3 * (1 + 1 + 4));
});

it('counts fragments where they are spread, each time', () => {
  expect(cost('{ thing { ...F parts { ...F } } } fragment F on Thing { id ... on Thing { id } }')).toBe(
    1 + 2 + 1 + 10 * 2,
  );
});

it('takes no length for less than one, and refuses what is too much', () => {
  expect(cost('{ things(limit: -5) { items { id } } }')).toBe(1 + 1 + 1);
  expect(() => cost('{ things(limit: 5000) { items { id } } }')).toThrow(
    'may cost 5002 points; at most 5000 are taken',
  );
});
