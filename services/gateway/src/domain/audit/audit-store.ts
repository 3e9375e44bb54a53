import type { AuditEntry, AuditNote, ChainPoint } from '@treadle/audit';

/** An entry with its place in the chain. */
export interface AuditLink {
  readonly entry: AuditEntry;
  readonly hash: string;
}

/** What is looked for; absent fields take everything. */
export interface AuditQuery {
  /** The id of a person or a key. */
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly kind?: string | undefined;
  readonly object?: string | undefined;
  readonly outcome?: string | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
}

/** Calls may throw FailureError `unavailable`. */
export interface AuditStore {
  /** Adds notes to the end of a tenant's chain, all or none, in this order. @returns the number of each. */
  append(tenantId: string, notes: readonly AuditNote[]): Promise<readonly number[]>;
  /** Newest first, below a number where it is not 0. Beginnings whose ending is known are left out. */
  list(tenantId: string, query: AuditQuery, below: number, limit: number): Promise<readonly AuditLink[]>;
  /** Oldest first, from after one number to another. */
  read(tenantId: string, query: AuditQuery, after: number, until: number, limit: number): Promise<readonly AuditLink[]>;
  /** Where the chain ends. */
  head(tenantId: string): Promise<ChainPoint>;
  /** Where the chain begins: at its very start, or where what was retired ended. */
  start(tenantId: string): Promise<ChainPoint>;
  /** Seals and deletes up to so many of the oldest entries that are older than a moment. @returns how many. */
  retire(tenantId: string, before: Date, atMost: number): Promise<number>;
  /** Gives every rotation of the encryption that was not recorded yet; once its promise resolves, it is. */
  recordRotations(
    record: (facts: { readonly rewrapped: number; readonly lost: number }) => Promise<unknown>,
  ): Promise<void>;
  /** Where every tenant's chain ends. */
  heads(): Promise<readonly (ChainPoint & { readonly tenantId: string })[]>;
  /** Tenants that have entries older than a moment. */
  tenantsWithOlder(before: Date): Promise<readonly string[]>;
}
