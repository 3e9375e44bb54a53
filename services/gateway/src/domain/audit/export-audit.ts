import type { ExportLine } from '@treadle/audit';
import type { AuditLink, AuditQuery, AuditStore } from './audit-store.js';

const batchSize = 500;

/** Every entry up to now, oldest first, read in batches so that a log of any length is never held in memory. */
export async function* entriesOf(
  store: AuditStore,
  tenantId: string,
  query: AuditQuery,
  from: number,
  until: number,
): AsyncGenerator<AuditLink, void, undefined> {
  for (let after = from; ; ) {
    const some = await store.read(tenantId, query, after, until, batchSize);
    yield* some;
    const last = some.at(-1);
    if (!last || some.length < batchSize) return;
    after = last.entry.seq;
  }
}

/** The lines of an export: where the chain begins, its entries, where it ends. Without filters it can be verified by whoever has it. */
export async function* exportLines(
  store: AuditStore,
  tenantId: string,
  query: AuditQuery,
  checkpoints: readonly string[],
): AsyncGenerator<ExportLine, void, undefined> {
  const whole = Object.values(query).every((value) => value === undefined);
  const start = await store.start(tenantId);
  const end = await store.head(tenantId);
  yield { start: { tenant: tenantId, at: start, whole, checkpoints } };
  yield* entriesOf(store, tenantId, query, start.seq, end.seq);
  yield { end };
}
