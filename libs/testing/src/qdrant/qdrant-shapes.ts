import type { Schemas } from '@qdrant/js-client-rest';
import { z } from 'zod';

// The part of Qdrant's published OpenAPI document that the server speaks. `satisfies` holds each shape against the types that Qdrant's client
// generates from that document, so a field of another name or type does not compile; strict objects refuse at run time what is not listed.

const id = z.union([z.uuid(), z.int().nonnegative()]);
const jsonObject = z.record(z.string(), z.unknown()) satisfies z.ZodType<Schemas['Payload']>;
const sparse = z.strictObject({
  indices: z.array(z.int().nonnegative()),
  values: z.array(z.number()),
}) satisfies z.ZodType<Schemas['SparseVector']>;
const vectors = z.record(z.string(), z.union([z.array(z.number()).min(1), sparse]));

const match = z.union([
  z.strictObject({ value: z.union([z.string(), z.int(), z.boolean()]) }) satisfies z.ZodType<Schemas['MatchValue']>,
  z.strictObject({ any: z.union([z.array(z.string()), z.array(z.int())]) }) satisfies z.ZodType<Schemas['MatchAny']>,
]);
const range = z.strictObject({
  lt: z.number().optional(),
  gt: z.number().optional(),
  gte: z.number().optional(),
  lte: z.number().optional(),
}) satisfies z.ZodType<Schemas['Range']>;

const field = z.strictObject({
  key: z.string().min(1),
  match: match.optional(),
  range: range.optional(),
}) satisfies z.ZodType<Schemas['FieldCondition']>;
const isEmpty = z.strictObject({ is_empty: z.strictObject({ key: z.string().min(1) }) }) satisfies z.ZodType<
  Schemas['IsEmptyCondition']
>;
const hasId = z.strictObject({ has_id: z.array(id) }) satisfies z.ZodType<Schemas['HasIdCondition']>;

export type QdrantFieldCondition = z.output<typeof field>;
export type QdrantCondition = QdrantFieldCondition | z.output<typeof isEmpty> | z.output<typeof hasId> | QdrantFilter;
export interface QdrantFilter {
  readonly must?: QdrantCondition[] | undefined;
  readonly should?: QdrantCondition[] | undefined;
  readonly must_not?: QdrantCondition[] | undefined;
}

const filter: z.ZodType<QdrantFilter> = z.strictObject({
  must: z.lazy(() => conditions.optional()),
  should: z.lazy(() => conditions.optional()),
  must_not: z.lazy(() => conditions.optional()),
});
const conditions: z.ZodType<QdrantCondition[]> = z.array(z.union([field, isEmpty, hasId, filter]));

const quantization = z.strictObject({
  scalar: z.strictObject({
    type: z.literal('int8'),
    quantile: z.number().optional(),
    always_ram: z.boolean().optional(),
  }),
}) satisfies z.ZodType<Schemas['ScalarQuantization']>;
const dense = z.strictObject({
  size: z.int().min(1),
  distance: z.literal('Cosine'),
  on_disk: z.boolean().optional(),
}) satisfies z.ZodType<Schemas['VectorParams']>;
const words = z.strictObject({
  modifier: z.literal('idf').optional(),
  index: z.strictObject({ on_disk: z.boolean().optional() }).optional(),
}) satisfies z.ZodType<Schemas['SparseVectorParams']>;

export const createCollection = z.strictObject({
  vectors: z.record(z.string(), dense),
  sparse_vectors: z.record(z.string(), words).optional(),
  hnsw_config: z
    .strictObject({ m: z.int().optional(), payload_m: z.int().optional(), on_disk: z.boolean().optional() })
    .optional(),
  quantization_config: quantization.optional(),
  on_disk_payload: z.boolean().optional(),
}) satisfies z.ZodType<Schemas['CreateCollection']>;
export type CreateCollection = z.output<typeof createCollection>;

const indexParams = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('keyword'),
    is_tenant: z.boolean().optional(),
    on_disk: z.boolean().optional(),
    enable_hnsw: z.boolean().optional(),
  }) satisfies z.ZodType<Schemas['KeywordIndexParams']>,
  z.strictObject({
    type: z.literal('bool'),
    on_disk: z.boolean().optional(),
    enable_hnsw: z.boolean().optional(),
  }) satisfies z.ZodType<Schemas['BoolIndexParams']>,
]);
export const createFieldIndex = z.strictObject({
  field_name: z.string().min(1),
  field_schema: indexParams,
}) satisfies z.ZodType<Schemas['CreateFieldIndex']>;
export type FieldIndex = z.output<typeof indexParams>;

export const changeAliases = z.strictObject({
  actions: z.array(
    z.union([
      z.strictObject({ create_alias: z.strictObject({ collection_name: z.string(), alias_name: z.string() }) }),
      z.strictObject({ delete_alias: z.strictObject({ alias_name: z.string() }) }),
    ]),
  ),
}) satisfies z.ZodType<Schemas['ChangeAliasesOperation']>;

export const upsertPoints = z.strictObject({
  points: z.array(
    z.strictObject({ id, vector: vectors, payload: jsonObject.optional() }) satisfies z.ZodType<Schemas['PointStruct']>,
  ),
}) satisfies z.ZodType<Schemas['PointsList']>;
export const deletePoints = z.strictObject({ filter }) satisfies z.ZodType<Schemas['FilterSelector']>;
export const setPayload = z.strictObject({ payload: jsonObject, filter }) satisfies z.ZodType<Schemas['SetPayload']>;
export const countPoints = z.strictObject({
  filter: filter.optional(),
  exact: z.boolean().optional(),
}) satisfies z.ZodType<Schemas['CountRequest']>;
export const facet = z.strictObject({
  key: z.string().min(1),
  filter: filter.optional(),
  limit: z.int().min(1).optional(),
  exact: z.boolean().optional(),
}) satisfies z.ZodType<Schemas['FacetRequest']>;
export const scrollPoints = z.strictObject({
  filter: filter.optional(),
  limit: z.int().min(1).optional(),
  offset: id.optional(),
  with_payload: z.union([z.boolean(), z.array(z.string())]).optional(),
  with_vector: z.boolean().optional(),
}) satisfies z.ZodType<Schemas['ScrollRequest']>;
export const queryPoints = z.strictObject({
  query: z.union([z.array(z.number()).min(1), sparse]),
  using: z.string(),
  filter: filter.optional(),
  limit: z.int().min(1).optional(),
  with_payload: z.union([z.boolean(), z.array(z.string())]).optional(),
  params: z
    .strictObject({
      exact: z.boolean().optional(),
      hnsw_ef: z.int().optional(),
      quantization: z
        .strictObject({ rescore: z.boolean().optional(), oversampling: z.number().min(1).optional() })
        .optional(),
    })
    .optional(),
}) satisfies z.ZodType<Schemas['QueryRequest']>;
export type QueryPoints = z.output<typeof queryPoints>;

/** The query of an upload. */
export const snapshotUpload = z.strictObject({
  wait: z.enum(['true', 'false']).optional(),
  priority: z.enum(['no_sync', 'snapshot', 'replica']).optional() satisfies z.ZodType<
    Schemas['SnapshotPriority'] | undefined
  >,
  checksum: z.hex().length(64).optional(),
});

/** What an answer carries in `result`, by call. */
export const results = {
  done: z.boolean(),
  updated: z.strictObject({ operation_id: z.int(), status: z.enum(['acknowledged', 'completed']) }) satisfies z.ZodType<
    Schemas['UpdateResult']
  >,
  counted: z.strictObject({ count: z.int() }) satisfies z.ZodType<Schemas['CountResult']>,
  snapshot: z.strictObject({
    name: z.string(),
    creation_time: z.string(),
    size: z.int(),
    checksum: z.string(),
  }) satisfies z.ZodType<Schemas['SnapshotDescription']>,
  collections: z.strictObject({ collections: z.array(z.strictObject({ name: z.string() })) }) satisfies z.ZodType<
    Schemas['CollectionsResponse']
  >,
  faceted: z.strictObject({
    hits: z.array(z.strictObject({ value: z.string(), count: z.int() })),
  }) satisfies z.ZodType<Schemas['FacetResponse']>,
  scrolled: z.strictObject({
    points: z.array(z.strictObject({ id, payload: jsonObject.optional() })),
    next_page_offset: id.nullable(),
  }) satisfies z.ZodType<Schemas['ScrollResult']>,
  found: z.strictObject({
    points: z.array(
      z.strictObject({ id, version: z.int(), score: z.number(), payload: jsonObject.optional() }) satisfies z.ZodType<
        Schemas['ScoredPoint']
      >,
    ),
  }) satisfies z.ZodType<Schemas['QueryResponse']>,
  described: z.strictObject({
    status: z.literal('green'),
    optimizer_status: z.literal('ok'),
    points_count: z.int(),
    segments_count: z.int(),
    config: z.strictObject({
      params: z.strictObject({ vectors: z.record(z.string(), dense), sparse_vectors: z.record(z.string(), words) }),
      hnsw_config: z.strictObject({
        m: z.int(),
        payload_m: z.int().optional(),
        on_disk: z.boolean().optional(),
        ef_construct: z.int(),
        full_scan_threshold: z.int(),
      }),
      optimizer_config: z.strictObject({ default_segment_number: z.int(), flush_interval_sec: z.int() }),
      quantization_config: quantization.optional(),
    }),
    payload_schema: z.record(
      z.string(),
      z.strictObject({ data_type: z.enum(['keyword', 'bool']), params: indexParams, points: z.int() }),
    ),
  }) satisfies z.ZodType<Schemas['CollectionInfo']>,
  aliases: z.strictObject({
    aliases: z.array(z.strictObject({ alias_name: z.string(), collection_name: z.string() })),
  }) satisfies z.ZodType<Schemas['CollectionsAliasesResponse']>,
} as const;
