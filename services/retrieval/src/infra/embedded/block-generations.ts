import type { Generations, IndexRef, VectorSpace } from '../../domain/vector-store.js';

interface SpaceGenerations {
  serving: number;
  readonly others: Set<number>;
  last: number;
}

const keyOf = ({ provider, model, dimensions }: VectorSpace) => JSON.stringify([provider, model, dimensions]);

/** What the block of an index is known by: the one that serves by the index alone. */
export function blockName({ indexId, generation }: Pick<IndexRef, 'indexId' | 'generation'>): string {
  return generation === undefined ? indexId : `${indexId}/${generation}`;
}

/** Which generation of each space serves in this process. Blocks of others are known by the generation after their index. */
export class BlockGenerations {
  private readonly spaces = new Map<string, SpaceGenerations>();

  of(space: VectorSpace): Generations {
    const { serving, others } = this.at(space);
    return { serving: String(serving), others: [...others].map(String) };
  }

  begin(space: VectorSpace): string {
    const known = this.at(space);
    known.last += 1;
    known.others.add(known.last);
    return String(known.last);
  }

  /** Which blocks take the place of which: every block of the space that serves is replaced, where a fresh one is read by that. */
  serve(
    space: VectorSpace,
    generation: string,
    names: Iterable<string>,
    spaceOf: (name: string) => VectorSpace | undefined,
  ): { readonly from: string; readonly to: string }[] {
    const known = this.at(space);
    known.others.delete(Number(generation));
    known.others.add(known.serving);
    known.serving = Number(generation);
    const indexes = [...names]
      .filter((name) => {
        const of = spaceOf(name);
        return of && keyOf(of) === keyOf(space) && (!name.includes('/') || name.endsWith(`/${generation}`));
      })
      .map((name) => name.split('/')[0] ?? '');
    return [...new Set(indexes)].map((indexId) => ({ from: blockName({ indexId, generation }), to: indexId }));
  }

  /** Names of the blocks that go with it. */
  discard(space: VectorSpace, generation: string, names: Iterable<string>): string[] {
    this.at(space).others.delete(Number(generation));
    return [...names].filter((name) => name.endsWith(`/${generation}`));
  }

  private at(space: VectorSpace): SpaceGenerations {
    const known = this.spaces.get(keyOf(space)) ?? { serving: 1, others: new Set<number>(), last: 1 };
    this.spaces.set(keyOf(space), known);
    return known;
  }
}
