import type { Json } from '@treadle/workflow';

/** The values read last, by key: rounds over one large list read it again and again. Their content never changes. */
export class ValueCache {
  private readonly values = new Map<string, { readonly value: Json; readonly bytes: number }>();
  private bytes = 0;

  /** @param maxBytes of JSON; 0 keeps nothing. */
  constructor(private readonly maxBytes: number) {}

  get(key: string): { readonly value: Json } | undefined {
    const found = this.values.get(key);
    if (!found) return undefined;
    // Behind all others: the first of the map is the one not used for longest.
    this.values.delete(key);
    this.values.set(key, found);
    return found;
  }

  add(key: string, value: Json, bytes: number): void {
    if (bytes > this.maxBytes || this.values.has(key)) return;
    this.values.set(key, { value, bytes });
    this.bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.values) {
      if (this.bytes <= this.maxBytes) return;
      this.values.delete(oldest);
      this.bytes -= freed;
    }
  }
}
