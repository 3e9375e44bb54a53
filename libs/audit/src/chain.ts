import { createHash } from 'node:crypto';
import { canonical } from './canonical.js';
import type { AuditEntry } from './entry.js';

/** A place in a chain: everything up to `seq` is what makes `hash`. */
export interface ChainPoint {
  readonly seq: number;
  /** SHA-256 in lower-case hex. */
  readonly hash: string;
}

/** Where a tenant's chain begins. It differs by tenant, so that no entry fits into the chain of another. */
export function chainStart(tenant: string): ChainPoint {
  return { seq: 0, hash: sha256(`treadle-audit\n${tenant}`) };
}

/** The hash of an entry that follows another. */
export function hashAfter(hashBefore: string, entry: AuditEntry | { readonly [name: string]: unknown }): string {
  return sha256(`${hashBefore}\n${canonical(entry)}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
