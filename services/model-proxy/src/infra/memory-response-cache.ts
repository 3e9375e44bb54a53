import { LRUCache } from 'lru-cache';
import type { ChatPart } from '../domain/question.js';
import type { ResponseCache } from '../domain/response-cache.js';

/** Keeps answers in this process, the ones used last, up to a number of characters. */
export class MemoryResponseCache implements ResponseCache {
  private readonly answers: LRUCache<string, readonly ChatPart[]>;

  constructor(mostCharacters = 16_000_000, now: () => number = Date.now) {
    this.answers = new LRUCache({ maxSize: mostCharacters, perf: { now }, ttlResolution: 0 });
  }

  async get(tenantId: string, key: string): Promise<readonly ChatPart[] | undefined> {
    return this.answers.get(`${tenantId} ${key}`);
  }

  set(tenantId: string, key: string, parts: readonly ChatPart[], ttlSeconds: number): void {
    const size = JSON.stringify(parts).length;
    this.answers.set(`${tenantId} ${key}`, parts, { size, ttl: ttlSeconds * 1_000 });
  }

  /** Takes away all answers of a tenant. */
  forget(tenantId: string): void {
    for (const name of [...this.answers.keys()]) if (name.startsWith(`${tenantId} `)) this.answers.delete(name);
  }
}
