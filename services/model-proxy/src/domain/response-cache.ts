import type { ChatPart } from './question.js';

/** Answers by what was asked, for each tenant apart. Shared by every replica. Never throws: a cache that is away is an empty one. */
export interface ResponseCache {
  get(tenantId: string, key: string): Promise<readonly ChatPart[] | undefined>;
  /** Does not wait until it is written everywhere. */
  set(tenantId: string, key: string, parts: readonly ChatPart[], ttlSeconds: number): void;
}
