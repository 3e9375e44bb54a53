import type { AuditLog } from './audit-log.js';
import type { AuditStore } from './audit-store.js';
import type { Denials } from './denials.js';

const dayMs = 86_400_000;
/** Most entries of one segment. */
const segmentSize = 10_000;

/** What an audit log needs from time to time. */
export class AuditKeeping {
  constructor(
    private readonly store: AuditStore,
    private readonly log: AuditLog,
    private readonly denials: Denials,
    /** How long entries are kept; 0 keeps them for ever. */
    private readonly days: number,
    private readonly now: () => number,
  ) {}

  flush(all = false): Promise<void> {
    return this.denials.flush(all);
  }

  /** Retires what is older, in segments whose end stays as the anchor of the chain; that it was done is an entry itself. */
  async retire(): Promise<void> {
    if (this.days === 0) return;
    const before = new Date(this.now() - this.days * dayMs);
    for (const tenantId of await this.store.tenantsWithOlder(before)) await this.retireOf(tenantId, before);
  }

  private async retireOf(tenantId: string, before: Date): Promise<void> {
    const { seq } = await this.store.start(tenantId);
    let entries = 0;
    for (let some = segmentSize; some === segmentSize; entries += some)
      some = await this.store.retire(tenantId, before, segmentSize);
    if (entries === 0) return;
    await this.log.append(tenantId, {
      actor: { kind: 'system', id: '', address: '', agent: '' },
      action: 'audit.retire',
      object: { kind: 'audit', id: `${seq + 1}-${seq + entries}` },
      outcome: 'done',
      request: '',
      details: { entries, older_than: before.toISOString() },
    });
  }
}
