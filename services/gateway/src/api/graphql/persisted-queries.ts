import { createHash } from 'node:crypto';
import { FailureError } from '@treadle/failure';

interface Kept {
  readonly documents: Map<string, string>;
  bytes: number;
  usedAt: number;
}

/** Of one organisation. */
const maxBytes = 128 * 1024;
/** An organisation that asks nothing for so long starts anew. */
const idleMs = 3_600_000;
const lookEvery = 1000;

/**
 * Documents by their SHA-256, as Apollo's clients persist them: a client sends the hash, and the document only when it is told that nobody knows it.
 * Each organisation has its own, and so much room that none can push out another's.
 */
export class PersistedQueries {
  private readonly tenants = new Map<string, Kept>();
  private changes = 0;

  constructor(private readonly now: () => number) {}

  /** The document of a hash, if it is known. */
  find(tenantId: string, hash: string): string | undefined {
    const kept = this.tenants.get(tenantId);
    const document = kept?.documents.get(hash);
    if (!kept || document === undefined) return undefined;
    kept.usedAt = this.now();
    kept.documents.delete(hash);
    kept.documents.set(hash, document);
    return document;
  }

  /** Keeps a document that was found good. */
  keep(tenantId: string, hash: string, document: string): void {
    this.sweep();
    const kept = this.tenants.get(tenantId) ?? { documents: new Map<string, string>(), bytes: 0, usedAt: 0 };
    this.tenants.set(tenantId, kept);
    kept.usedAt = this.now();
    if (kept.documents.has(hash)) return;
    kept.documents.set(hash, document);
    kept.bytes += document.length;
    for (const [oldest, text] of kept.documents) {
      if (kept.bytes <= maxBytes) break;
      kept.documents.delete(oldest);
      kept.bytes -= text.length;
    }
  }

  private sweep(): void {
    this.changes += 1;
    if (this.changes % lookEvery !== 0) return;
    const before = this.now() - idleMs;
    for (const [tenantId, { usedAt }] of this.tenants) if (usedAt < before) this.tenants.delete(tenantId);
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
