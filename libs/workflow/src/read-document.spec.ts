import { describe, expect, it } from 'vitest';
import { readDocument } from './read-document.js';

const minimal = { format: 'treadle/v1', name: 'a', nodes: [{ id: 'start', type: 'start' }] };

describe('readDocument', () => {
  it('fills in defaults', () => {
    expect(readDocument(minimal).document).toMatchObject({
      kind: 'workflow',
      edges: [],
      nodes: [{ config: {}, title: '' }],
    });
  });

  it('tells every problem with its node and field', () => {
    const { diagnostics } = readDocument({
      ...minimal,
      extra: 1,
      nodes: [{ id: 'a b', type: 'start' }, { id: 'n', type: 'llm', retry: { max_attempts: 0 } }, 5],
      edges: [{ source: 'n' }],
    });
    expect(diagnostics?.map(({ node, field }) => [node, field])).toEqual([
      ['a b', 'nodes[0].id'],
      ['n', 'nodes[1].retry.max_attempts'],
      [undefined, 'nodes[2]'],
      [undefined, 'edges[0].target'],
      [undefined, 'extra'],
    ]);
  });

  it('refuses what is no object', () => {
    expect(readDocument('text').diagnostics).toMatchObject([{ code: 'invalid_field', field: '' }]);
  });
});
