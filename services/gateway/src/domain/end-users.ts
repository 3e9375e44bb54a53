import { LRUCache } from 'lru-cache';
import { namedUuid } from './named-uuid.js';

/** Somebody whom a caller names when it asks an app; callers keep the names apart, so they mean something within their app only. */
export interface EndUser {
  readonly id: string;
  readonly workflowId: string;
  /** As the caller names them. */
  readonly name: string;
  /** When they were first seen, in milliseconds since the epoch. */
  readonly createdUnixMs: number;
}

/** Every call may throw FailureError `unavailable`. */
export interface EndUserStore {
  /** Changes nothing when they are there already. */
  add(tenantId: string, user: Omit<EndUser, 'createdUnixMs'>): Promise<void>;
  get(tenantId: string, workflowId: string, id: string): Promise<EndUser | undefined>;
}

/** Each entry is about a hundred bytes. */
const maxSeen = 20_000;
const rememberMs = 60_000;

/** Knows end users by an id that follows from their name. They are written down when they are first seen. */
export class EndUsers {
  /** Somebody who was erased meanwhile, here or by another replica, is to be written down anew when they come again. */
  private readonly seen = new LRUCache<string, true>({ max: maxSeen, ttl: rememberMs });

  constructor(private readonly store: EndUserStore) {}

  async note(tenantId: string, workflowId: string, name: string): Promise<string> {
    const id = endUserId(tenantId, workflowId, name);
    if (this.seen.has(id)) return id;
    await this.store.add(tenantId, { id, workflowId, name });
    this.seen.set(id, true);
    return id;
  }

  get(tenantId: string, workflowId: string, id: string): Promise<EndUser | undefined> {
    return this.store.get(tenantId, workflowId, id);
  }
}

export function endUserId(tenantId: string, workflowId: string, name: string): string {
  return namedUuid('end-user', tenantId, workflowId, name);
}
