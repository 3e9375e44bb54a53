import { catalog } from '@treadle/nodes';
import { describe, expect, it } from 'vitest';
import { poolFor, readTypePools } from './type-pools.js';

describe('type pools', () => {
  const typePools = readTypePools(['code=sandbox'], catalog);

  it('sends a node that names no pool to that of its type', () => {
    expect(poolFor({ type: 'code', pool: 'default' }, typePools)).toBe('sandbox');
    expect(poolFor({ type: 'llm', pool: 'default' }, typePools)).toBe('default');
  });

  it('leaves a node where it wants to be', () => {
    expect(poolFor({ type: 'code', pool: 'trusted' }, typePools)).toBe('trusted');
  });

  it('refuses a type that there is not', () => {
    expect(() => readTypePools(['cod=sandbox'], catalog)).toThrow(/node type "cod", which there is not/);
  });
});
