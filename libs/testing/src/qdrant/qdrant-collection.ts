import { type FilteredPoint, satisfies } from './qdrant-filter.js';
import type { CreateCollection, FieldIndex, QdrantFilter, QueryPoints } from './qdrant-shapes.js';

type Sparse = { readonly indices: readonly number[]; readonly values: readonly number[] };
type Vectors = Readonly<Record<string, readonly number[] | Sparse>>;

interface StoredPoint extends FilteredPoint {
  readonly vectors: Vectors;
  readonly version: number;
}

/** A request that Qdrant would refuse. */
export class QdrantRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface CollectionDump {
  readonly settings: CreateCollection;
  readonly indexes: readonly (readonly [string, FieldIndex])[];
  readonly points: readonly StoredPoint[];
  readonly operations: number;
}

/** The points of one collection, in memory, searched exactly. */
export class QdrantCollection {
  readonly indexes = new Map<string, FieldIndex>();
  private readonly points = new Map<string | number, StoredPoint>();
  private operations = 0;

  constructor(readonly settings: CreateCollection) {}

  /** What a snapshot holds. */
  dump(): CollectionDump {
    const { settings, indexes, points, operations } = this;
    return { settings, indexes: [...indexes], points: [...points.values()], operations };
  }

  /** @param dump what another's `dump` gave, as JSON */
  static from(dump: string): QdrantCollection {
    const { settings, indexes, points, operations } = JSON.parse(dump) as CollectionDump;
    const collection = new QdrantCollection(settings);
    for (const [name, index] of indexes) collection.indexes.set(name, index);
    for (const point of points) collection.points.set(point.id, point);
    collection.operations = operations;
    return collection;
  }

  upsert(
    points: readonly { id: string | number; vector: Vectors; payload?: Record<string, unknown> | undefined }[],
  ): number {
    for (const { vector } of points) this.check(vector);
    this.operations += 1;
    for (const { id, vector, payload = {} } of points)
      this.points.set(id, { id, vectors: vector, payload, version: this.operations });
    return this.operations;
  }

  delete(filter: QdrantFilter): number {
    for (const { id } of this.matching(filter)) this.points.delete(id);
    this.operations += 1;
    return this.operations;
  }

  /** Keys of the payload that are named are replaced, those with null are taken away, others stay. */
  setPayload(payload: Record<string, unknown>, filter: QdrantFilter): number {
    this.operations += 1;
    for (const point of this.matching(filter)) {
      const merged = Object.entries({ ...point.payload, ...payload }).filter(([, value]) => value !== null);
      this.points.set(point.id, { ...point, payload: Object.fromEntries(merged), version: this.operations });
    }
    return this.operations;
  }

  count(filter: QdrantFilter = {}): number {
    return this.matching(filter).length;
  }

  /** How many points have each value of a field, most first. */
  facet(key: string, filter: QdrantFilter = {}, limit = 10) {
    if (this.indexes.get(key)?.type !== 'keyword')
      throw new QdrantRefusal(400, `Bad request: Index required but not found for "${key}" of type keyword`);
    const counts = new Map<string, number>();
    for (const { payload } of this.matching(filter)) {
      const value = payload[key];
      if (typeof value === 'string') counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const hits = [...counts].map(([value, count]) => ({ value, count }));
    return hits.sort((a, b) => b.count - a.count).slice(0, limit);
  }

  /** In the order of ids, `offset` included. */
  scroll(filter: QdrantFilter = {}, offset: string | number | undefined, limit = 10) {
    const from = this.matching(filter)
      .filter(({ id }) => offset === undefined || id >= offset)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return { points: from.slice(0, limit), next: from[limit]?.id ?? null };
  }

  /** Best first. Points with equal scores come in no particular order: those with greater ids first, so that nobody relies on it. */
  search({ query, using, filter = {}, limit = 10 }: QueryPoints) {
    const score = Array.isArray(query) ? this.cosineTo(query, using) : this.wordsOf(query, using);
    return this.matching(filter)
      .map((point) => ({ ...point, score: score(point.vectors[using]) }))
      .filter((point): point is typeof point & { score: number } => point.score !== undefined)
      .sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1))
      .slice(0, limit);
  }

  private matching(filter: QdrantFilter): StoredPoint[] {
    return [...this.points.values()].filter((point) => satisfies(point, filter));
  }

  private cosineTo(query: readonly number[], using: string) {
    this.check({ [using]: query });
    const length = Math.hypot(...query) || 1;
    return (vector: Vectors[string] | undefined) => {
      if (!isDense(vector)) return undefined;
      const dot = vector.reduce((sum, value, place) => sum + value * (query[place] ?? 0), 0);
      return dot / (length * (Math.hypot(...vector) || 1));
    };
  }

  /** Dot product; with the `idf` modifier the query's weights count as much as their terms are rare in the whole collection. */
  private wordsOf(query: Sparse, using: string) {
    this.check({ [using]: query });
    const all = [...this.points.values()].map(({ vectors }) => vectors[using]).filter(isSparse);
    const hasIdf = this.settings.sparse_vectors?.[using]?.modifier === 'idf';
    const weights = query.indices.map((index, place) => {
      const having = all.filter(({ indices }) => indices.includes(index)).length;
      const idf = hasIdf ? Math.log(1 + (all.length - having + 0.5) / (having + 0.5)) : 1;
      return [index, (query.values[place] ?? 0) * idf] as const;
    });
    return (vector: Vectors[string] | undefined) => {
      if (!isSparse(vector)) return undefined;
      const shared = weights.filter(([index]) => vector.indices.includes(index));
      if (shared.length === 0) return undefined;
      return shared.reduce(
        (sum, [index, weight]) => sum + weight * (vector.values[vector.indices.indexOf(index)] ?? 0),
        0,
      );
    };
  }

  private check(vectors: Vectors): void {
    for (const [name, vector] of Object.entries(vectors)) {
      const size = this.settings.vectors[name]?.size;
      const known = isDense(vector) ? size !== undefined : this.settings.sparse_vectors?.[name] !== undefined;
      if (!known) throw new QdrantRefusal(400, `Wrong input: Not existing vector name error: ${name}`);
      if (isDense(vector) && vector.length !== size)
        throw new QdrantRefusal(
          400,
          `Wrong input: Vector dimension error: expected dim: ${size}, got ${vector.length}`,
        );
      if (isSparse(vector) && (vector.indices.length !== vector.values.length || hasTwice(vector.indices)))
        throw new QdrantRefusal(422, 'Validation error in JSON body: indices must be unique and as many as values');
    }
  }
}

const isDense = (vector: Vectors[string] | undefined): vector is readonly number[] => Array.isArray(vector);
const isSparse = (vector: Vectors[string] | undefined): vector is Sparse =>
  vector !== undefined && !Array.isArray(vector);
const hasTwice = (indices: readonly number[]) => new Set(indices).size !== indices.length;
