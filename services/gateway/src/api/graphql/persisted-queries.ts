import { createHash } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { LRUCache } from 'lru-cache';

/** Characters of documents of one organisation. */
const maxSize = 128 * 1024;
/** An organisation that asks nothing for so long starts anew. */
const idleMs = 3_600_000;
const mostTenants = 10_000;

type Documents = LRUCache<string, string>;

/**
 * Documents by their SHA-256, as Apollo's clients persist them: a client sends the hash, and the document only when it is told that nobody knows it.
 * Each organisation has its own, and so much room that none can push out another's.
 */
export class PersistedQueries {
  private readonly tenants: LRUCache<string, Documents>;

  constructor(now: () => number) {
    const perf = { now };
    this.tenants = new LRUCache({ max: mostTenants, ttl: idleMs, updateAgeOnGet: true, perf, ttlResolution: 0 });
  }

  /** The document of a hash, if it is known. */
  find(tenantId: string, hash: string): string | undefined {
    return this.tenants.get(tenantId)?.get(hash);
  }

  /** Keeps a document that was found good. */
  keep(tenantId: string, hash: string, document: string): void {
    const documents = this.tenants.get(tenantId) ?? this.begin(tenantId);
    documents.set(hash, document);
  }

  private begin(tenantId: string): Documents {
    const documents: Documents = new LRUCache({ maxSize, sizeCalculation: ({ length }) => length });
    this.tenants.set(tenantId, documents);
    return documents;
  }
}

/** @throws FailureError `invalid_argument` for a hash of something else. */
export function checkHash(document: string, hash: string): void {
  if (createHash('sha256').update(document).digest('hex') === hash) return;
  throw FailureError.of(
    'invalid_argument',
    'The hash is not the SHA-256 of the query. Send that of the query as it is sent.',
    {
      field: 'extensions.persistedQuery.sha256Hash',
    },
  );
}
