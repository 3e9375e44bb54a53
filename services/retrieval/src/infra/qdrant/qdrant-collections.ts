import { createHash } from 'node:crypto';
import { FailureError, toFailure } from '@treadle/failure';
import type { Generations, VectorSpace } from '../../domain/vector-store.js';
import type { QdrantCalls } from './qdrant-calls.js';

/** Names of vectors in every collection. */
export const meaning = 'meaning';
export const words = 'words';

export interface CollectionSettings {
  /** What the names of all collections begin with. */
  readonly prefix: string;
  /** `int8` keeps a copy of the vectors in memory that is a quarter as large, and scores what it finds again with the originals. */
  readonly quantization: 'none' | 'int8';
  /** Vectors, words and payloads are read from disk: slower, for collections that are larger than memory. */
  readonly onDisk: boolean;
}

/** Collections as the store needs them: one for each vector space, reached by an alias so that another can take its place. */
export class QdrantCollections {
  private readonly ready = new Map<string, Promise<void>>();

  constructor(
    private readonly calls: QdrantCalls,
    private readonly settings: CollectionSettings,
  ) {}

  /** What the collection of a space is reached by. */
  aliasOf(space: VectorSpace): string {
    return aliasOf(this.settings.prefix, space);
  }

  /** Makes the collection of a space and its alias, if there are none. Any number of processes may do so at once. */
  prepare(space: VectorSpace): Promise<void> {
    const alias = this.aliasOf(space);
    const preparing = this.ready.get(alias) ?? this.make(alias, space);
    this.ready.set(alias, preparing);
    preparing.catch(() => this.ready.delete(alias));
    return preparing;
  }

  /** Looks again whether the collection of a space is there: someone has found that it is not. */
  forget(space: VectorSpace): void {
    this.ready.delete(this.aliasOf(space));
  }

  /** Generations are collections `ALIAS.N`, of which the alias leads to the one that serves. */
  async generations(space: VectorSpace): Promise<Generations> {
    const alias = this.aliasOf(space);
    const listed = await this.calls.ask((api, init) => api.getCollections({}, init));
    const named = (listed?.collections ?? []).map(({ name }) => name).filter((name) => numberOf(alias, name) > 0);
    const { aliases = [] } = (await this.calls.ask((api, init) => api.getCollectionsAliases({}, init))) ?? {};
    const serving = aliases.find(({ alias_name }) => alias_name === alias)?.collection_name;
    return { serving, others: named.filter((name) => name !== serving) };
  }

  /** Never the first, which `prepare` makes where there is none. */
  async begin(space: VectorSpace): Promise<string> {
    const alias = this.aliasOf(space);
    const { serving, others } = await this.generations(space);
    const numbers = [...others, ...(serving === undefined ? [] : [serving])].map((name) => numberOf(alias, name));
    const name = `${alias}.${Math.max(1, ...numbers) + 1}`;
    await this.create(name, space);
    return name;
  }

  async serve(space: VectorSpace, collection_name: string): Promise<void> {
    const alias_name = this.aliasOf(space);
    const { serving } = await this.generations(space);
    const create = { create_alias: { collection_name, alias_name } };
    const actions = serving === undefined ? [create] : [{ delete_alias: { alias_name } }, create];
    await this.calls.ask((api, init) => api.updateAliases({ actions }, init));
  }

  async discard(space: VectorSpace, collection_name: string): Promise<void> {
    const { serving } = await this.generations(space);
    if (serving === collection_name) throw FailureError.of('internal', `The generation ${collection_name} serves.`);
    await this.calls.ask((api, init) => api.deleteCollection({ collection_name }, init));
  }

  private async make(alias: string, space: VectorSpace): Promise<void> {
    if (await this.exists(alias)) return;
    const collection_name = `${alias}.1`;
    await this.create(collection_name, space);
    // Last, since the alias is what `exists` asks for: whoever finds it finds a collection with every index.
    const actions = [{ create_alias: { collection_name, alias_name: alias } }];
    await this.calls.ask((api, init) => api.updateAliases({ actions }, init));
  }

  private async exists(name: string): Promise<boolean> {
    return (await this.calls.ask((api, init) => api.getCollection({ collection_name: name }, init))) !== undefined;
  }

  private async create(collection_name: string, space: VectorSpace): Promise<void> {
    try {
      await this.calls.ask((api, init) => api.createCollection({ collection_name, ...this.shape(space) }, init));
    } catch (error) {
      // Another process may have been faster.
      if (toFailure(error).code !== 'unavailable' || !(await this.exists(collection_name))) throw error;
    }
    for (const [field_name, field_schema] of Object.entries(payloadIndexes)) {
      const made = await this.calls.ask((api, init) =>
        api.createFieldIndex({ collection_name, field_name, field_schema, wait: true }, init),
      );
      if (!made)
        throw FailureError.of('unavailable', `The collection ${collection_name} of Qdrant has gone; try again.`);
    }
  }

  private shape({ dimensions }: VectorSpace) {
    const { onDisk: on_disk, quantization } = this.settings;
    return {
      vectors: dimensions > 0 ? { [meaning]: { size: dimensions, distance: 'Cosine' as const, on_disk } } : {},
      sparse_vectors: { [words]: { modifier: 'idf' as const, index: { on_disk } } },
      // Every search names its tenant, so there is a graph for each tenant and each index, and none over all of them.
      hnsw_config: { m: 0, payload_m: 16, on_disk },
      on_disk_payload: on_disk,
      ...(quantization === 'int8' && {
        quantization_config: { scalar: { type: 'int8' as const, quantile: 0.99, always_ram: true } },
      }),
    };
  }
}

/** Readable at its start, and told apart from all others by a hash at its end. */
export function aliasOf(prefix: string, { provider, model, dimensions }: VectorSpace): string {
  const slug = `${provider} ${model}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  const hash = createHash('sha256')
    .update(JSON.stringify([provider, model, dimensions]))
    .digest('hex')
    .slice(0, 12);
  return `${prefix}-${slug || 'words'}-${dimensions}-${hash}`;
}

/** Which generation of a space a collection is; 0 where it is none. */
function numberOf(alias: string, name: string): number {
  const number = name.startsWith(`${alias}.`) ? name.slice(alias.length + 1) : '';
  return /^\d+$/.test(number) ? Number(number) : 0;
}

/** Fields of the payload that filters name. Graphs are made for those that every search names. */
const payloadIndexes = {
  tenant: { type: 'keyword', is_tenant: true },
  index: { type: 'keyword' },
  document: { type: 'keyword', enable_hnsw: false },
  enabled: { type: 'bool', enable_hnsw: false },
  documentEnabled: { type: 'bool', enable_hnsw: false },
} as const;
