import { FailureError } from '@treadle/failure';
import type { Catalog, PlanNode } from '@treadle/workflow';

/** Pools by the types of node that go there. */
export type TypePools = ReadonlyMap<string, string>;

const anyPool = 'default';

/**
 * Reads pairs such as `code=sandbox`.
 * @throws FailureError `invalid_argument` for a type that there is not, since its nodes would quietly run elsewhere.
 */
export function readTypePools(pairs: readonly string[], catalog: Catalog): TypePools {
  return new Map(
    pairs.map((pair): [string, string] => {
      const [type = '', pool = ''] = pair.split('=');
      if (Object.hasOwn(catalog, type)) return [type, pool];
      throw FailureError.of(
        'invalid_argument',
        `TREADLE_TYPE_POOLS names the node type "${type}", which there is not. Take one of: ${Object.keys(catalog).join(', ')}.`,
      );
    }),
  );
}

/** The pool whose executors get a node: the one it names itself, or that of its type. */
export function poolFor({ type, pool }: Pick<PlanNode, 'type' | 'pool'>, typePools: TypePools): string {
  return pool === anyPool ? (typePools.get(type) ?? pool) : pool;
}
