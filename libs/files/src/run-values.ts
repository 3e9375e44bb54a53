import { FailureError } from '@treadle/failure';
import {
  type JoinedValue,
  type Json,
  type JsonObject,
  type LargeValue,
  largeIn,
  largeMark,
  mapLarge,
  mentionsLarge,
  type StoredValue,
  valueAsText,
} from '@treadle/workflow';
import { LRUCache } from 'lru-cache';
import { chooseLarge } from './choose-large.js';
import { sha256 } from './digest.js';
import { type FileStore, readFile } from './file-store.js';
import { isKeyPart } from './key.js';
import { partAt } from './part-at.js';

/** The run a value belongs to: its values go when it goes. */
export interface ValueOwner {
  readonly tenantId: string;
  readonly runId: string;
}

/** Where a file lies that a run made. */
export function runFileKey({ tenantId, runId }: ValueOwner, id: string): string {
  return `${tenantId}/runs/${runId}/files/${id}`;
}

export interface RunValuesOptions {
  readonly store: FileStore;
  /** Most bytes of large values that are put away or read back at once. */
  readonly maxBytes: number;
  /** Bytes of values read last that are kept in memory; nothing when absent. */
  readonly cacheBytes?: number;
}

/**
 * Keeps the large values of runs in the file store, at `<tenant>/runs/<run>/<hash>`. The tenant never comes out of a reference but from
 * whoever asks, and the hash is checked, so a reference that somebody made up leads nowhere.
 */
export class RunValues {
  /** Rounds over one large list read it again and again, and its content never changes. */
  private readonly cache: LRUCache<string, { readonly value: Json }> | undefined;

  constructor(private readonly options: RunValuesOptions) {
    const { cacheBytes: maxSize } = options;
    this.cache = maxSize ? new LRUCache({ maxSize }) : undefined;
  }

  /**
   * Puts the largest members away until what is left may travel. What is small comes back as it is.
   * @param trusted whether references among the values are our own; otherwise what looks like one is put away, so that it is read
   *   back as the plain value it is.
   * @throws FailureError `payload_too_large` with the sizes, `unavailable`.
   */
  async putAway(owner: ValueOwner, values: JsonObject, trusted = false): Promise<JsonObject> {
    const members = Object.entries(values).map(([name, value]) => {
      const json = Buffer.from(JSON.stringify(value));
      return { name, value, json, bytes: json.byteLength, away: fateOf(value, trusted) };
    });
    const chosen = chooseLarge(members);
    if (chosen.size === 0) return values;
    const going = members.filter(({ name }) => chosen.has(name));
    this.checkSize(going.reduce((sum, { bytes }) => sum + bytes, 0));
    const stored = await Promise.all(
      going.map(async ({ name, value, json }) => [name, await this.put(owner, value, json)] as const),
    );
    return { ...values, ...Object.fromEntries(stored) };
  }

  /**
   * The same value with everything that was put away.
   * @throws FailureError `payload_too_large` with the sizes, `value_missing` when something is gone, `unavailable`.
   */
  async readBack(tenantId: string, value: Json): Promise<Json> {
    const wanted = new Map<string, number>();
    const want = (facts: StoredValue | JoinedValue): Json => {
      if ('key' in facts) wanted.set(facts.key, facts.bytes);
      else mapLarge(facts.joined, want);
      return null;
    };
    if (!largeIn(value)) return value;
    mapLarge(value, want);
    this.checkSize([...wanted.values()].reduce((sum, bytes) => sum + bytes, 0));
    const entries = await Promise.all(
      [...wanted.keys()].map(async (key) => [key, await this.load(tenantId, key)] as const),
    );
    const found = new Map(entries);
    const back = (facts: StoredValue | JoinedValue): Json =>
      'key' in facts
        ? partAt(found.get(facts.key) ?? null, facts.path)
        : facts.joined.map((part) => valueAsText(mapLarge(part, back))).join('');
    return mapLarge(value, back);
  }

  /** The JSON of a value, piece by piece; `undefined` when it is not there. */
  async open({ tenantId, runId }: ValueOwner, hash: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    if (!isKeyPart(runId) || !isKeyPart(hash)) return undefined;
    return this.options.store.get(`${tenantId}/runs/${runId}/${hash}`);
  }

  /** A file that the run made; `undefined` when it is not there. */
  async openFile(owner: ValueOwner, id: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    if (!isKeyPart(owner.runId) || !isKeyPart(id)) return undefined;
    return this.options.store.get(runFileKey(owner, id));
  }

  /** Deletes what a run has put away, and its files. */
  async deleteRun({ tenantId, runId }: ValueOwner): Promise<void> {
    await this.options.store.deleteAll(`${tenantId}/runs/${runId}`);
  }

  private async put({ tenantId, runId }: ValueOwner, value: Json, json: Buffer): Promise<LargeValue> {
    const key = `runs/${runId}/${sha256(json)}`;
    await this.options.store.put(`${tenantId}/${key}`, json);
    const items = Array.isArray(value) ? { items: value.length } : {};
    return { [largeMark]: { key, bytes: json.byteLength, ...items } };
  }

  private async load(tenantId: string, key: string): Promise<Json> {
    const place = `${tenantId}/${key}`;
    const known = this.cache?.get(place);
    if (known) return known.value;
    const [, hash] = /^runs\/[^/]+\/([0-9a-f]{64})$/.exec(key) ?? [];
    const json = hash === undefined ? undefined : await readFile(this.options.store, place);
    if (json === undefined || sha256(json) !== hash) throw gone(key);
    const value = JSON.parse(json.toString()) as Json;
    this.cache?.set(place, { value }, { size: json.byteLength });
    return value;
  }

  private checkSize(bytes: number): void {
    const { maxBytes } = this.options;
    if (bytes <= maxBytes) return;
    throw FailureError.of(
      'payload_too_large',
      `Large values of ${bytes} bytes together; at most ${maxBytes} are allowed. Select less, or raise TREADLE_MAX_VALUE_BYTES.`,
    );
  }
}

function fateOf(value: Json, trusted: boolean): 'must' | 'may' | 'cannot' {
  if (trusted) return largeIn(value) ? 'cannot' : 'may';
  return mentionsLarge(value) ? 'must' : 'may';
}

function gone(key: string): FailureError {
  return FailureError.of('value_missing', `The large value ${key} is no longer there. Run the workflow again.`);
}
