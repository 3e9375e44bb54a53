import type { z } from 'zod';
import { QdrantCollection, QdrantRefusal } from './qdrant-collection.js';
import * as shapes from './qdrant-shapes.js';

/** Collections by name, and the aliases that lead to them. */
export class QdrantCollections {
  readonly byName = new Map<string, QdrantCollection>();
  readonly aliases = new Map<string, string>();

  /** By name or alias. */
  named(name: string): QdrantCollection {
    const found = this.byName.get(this.aliases.get(name) ?? name);
    if (!found) throw new QdrantRefusal(404, `Not found: Collection \`${name}\` doesn't exist!`);
    return found;
  }

  create(name: string, settings: shapes.CreateCollection): void {
    if (this.byName.has(name) || this.aliases.has(name))
      throw new QdrantRefusal(409, `Wrong input: Collection \`${name}\` already exists!`);
    this.byName.set(name, new QdrantCollection(settings));
  }

  /** Takes its aliases along. */
  delete(name: string): boolean {
    for (const [alias, target] of this.aliases) if (target === name) this.aliases.delete(alias);
    return this.byName.delete(name);
  }
}

interface Route {
  /** Of method and path; its first group is the collection's name. */
  readonly pattern: RegExp;
  readonly request: z.ZodType | undefined;
  readonly result: z.ZodType;
  readonly run: (collections: QdrantCollections, name: string, given: unknown) => unknown;
}

function route<Request, Result>(
  call: string,
  request: z.ZodType<Request> | undefined,
  result: z.ZodType<Result>,
  run: (collections: QdrantCollections, name: string, given: Request) => Result,
): Route {
  const pattern = new RegExp(`^${call.replace('{name}', '([^/]+)')}$`);
  return { pattern, request, result, run: (collections, name, given) => run(collections, name, given as Request) };
}

const { results } = shapes;
const updated = (operation_id: number) => ({ operation_id, status: 'completed' as const });

/** Every call that the server answers. */
export const routes: readonly Route[] = [
  route('POST /collections/aliases', shapes.changeAliases, results.done, (collections, _, { actions }) => {
    for (const action of actions) {
      if ('create_alias' in action) {
        const { alias_name, collection_name } = action.create_alias;
        collections.named(collection_name);
        if (collections.byName.has(alias_name))
          throw new QdrantRefusal(409, `Wrong input: Collection \`${alias_name}\` already exists!`);
        collections.aliases.set(alias_name, collection_name);
      } else collections.aliases.delete(action.delete_alias.alias_name);
    }
    return true;
  }),
  route('GET /collections', undefined, results.collections, ({ byName }) => ({
    collections: [...byName.keys()].map((name) => ({ name })),
  })),
  route(
    'POST /collections/{name}/facet',
    shapes.facet,
    results.faceted,
    (collections, name, { key, filter, limit }) => ({
      hits: collections.named(name).facet(key, filter, limit),
    }),
  ),
  route('GET /aliases', undefined, results.aliases, ({ aliases }) => ({
    aliases: [...aliases].map(([alias_name, collection_name]) => ({ alias_name, collection_name })),
  })),
  route('PUT /collections/{name}', shapes.createCollection, results.done, (collections, name, settings) => {
    collections.create(name, settings);
    return true;
  }),
  route('DELETE /collections/{name}', undefined, results.done, (collections, name) => collections.delete(name)),
  route('GET /collections/{name}', undefined, results.described, (collections, name) =>
    described(collections.named(name)),
  ),
  route('PUT /collections/{name}/index', shapes.createFieldIndex, results.updated, (collections, name, given) => {
    collections.named(name).indexes.set(given.field_name, given.field_schema);
    return updated(0);
  }),
  route('PUT /collections/{name}/points', shapes.upsertPoints, results.updated, (collections, name, { points }) =>
    updated(collections.named(name).upsert(points)),
  ),
  route(
    'POST /collections/{name}/points/delete',
    shapes.deletePoints,
    results.updated,
    (collections, name, { filter }) => updated(collections.named(name).delete(filter)),
  ),
  route('POST /collections/{name}/points/payload', shapes.setPayload, results.updated, (collections, name, given) =>
    updated(collections.named(name).setPayload(given.payload, given.filter)),
  ),
  route(
    'POST /collections/{name}/points/count',
    shapes.countPoints,
    results.counted,
    (collections, name, { filter }) => ({
      count: collections.named(name).count(filter),
    }),
  ),
  route('POST /collections/{name}/points/scroll', shapes.scrollPoints, results.scrolled, (collections, name, given) => {
    const { points, next } = collections.named(name).scroll(given.filter, given.offset, given.limit);
    const listed = points.map(({ id, payload }) => ({ id, ...chosen(payload, given.with_payload ?? true) }));
    return { points: listed, next_page_offset: next };
  }),
  route('POST /collections/{name}/points/query', shapes.queryPoints, results.found, (collections, name, given) => ({
    points: collections
      .named(name)
      .search(given)
      .map(({ id, version, score, payload }) => {
        return { id, version, score, ...chosen(payload, given.with_payload ?? false) };
      }),
  })),
];

function chosen(payload: Readonly<Record<string, unknown>>, wanted: boolean | readonly string[]) {
  if (wanted === false) return {};
  const isWanted = ([key]: [string, unknown]) => wanted === true || wanted.includes(key);
  return { payload: Object.fromEntries(Object.entries(payload).filter(isWanted)) };
}

function described(collection: QdrantCollection): z.output<typeof results.described> {
  const { vectors, sparse_vectors = {}, quantization_config, hnsw_config } = collection.settings;
  const indexes = [...collection.indexes].map(
    ([name, params]) => [name, { data_type: params.type, params, points: collection.count() }] as const,
  );
  return {
    status: 'green',
    optimizer_status: 'ok',
    points_count: collection.count(),
    segments_count: 1,
    config: {
      params: { vectors, sparse_vectors },
      hnsw_config: { m: 16, ef_construct: 100, full_scan_threshold: 10_000, ...hnsw_config },
      optimizer_config: { default_segment_number: 0, flush_interval_sec: 5 },
      ...(quantization_config && { quantization_config }),
    },
    payload_schema: Object.fromEntries(indexes),
  };
}
