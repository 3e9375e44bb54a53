import { firstTenant } from '../access/roles.js';
import type { AuditLog } from './audit-log.js';
import type { AuditStore } from './audit-store.js';
import type { Checkpoints } from './checkpoints.js';
import type { Denials } from './denials.js';

const bySystem = {
  actor: { kind: 'system', id: '', address: '', agent: '' },
  outcome: 'done',
  request: '',
} as const;

const dayMs = 86_400_000;
/** Most entries of one segment. */
const segmentSize = 10_000;

/** What an audit log needs from time to time. */
export class AuditKeeping {
  constructor(
    private readonly store: AuditStore,
    private readonly log: AuditLog,
    private readonly denials: Denials,
    private readonly checkpoints: Checkpoints,
    /** How long entries are kept; 0 keeps them for ever. */
    private readonly days: number,
    private readonly now: () => number,
  ) {}

  async flush(all = false): Promise<void> {
    await this.denials.flush(all);
    await this.store.recordRotations((facts) =>
      this.log.append(firstTenant, {
        ...bySystem,
        action: 'encryption.rotate',
        object: { kind: 'encryption', id: '' },
        details: facts,
      }),
    );
  }

  /** Signs where chains end. @returns what was wrong, by tenant. */
  sign(): Promise<ReadonlyMap<string, unknown>> {
    return this.checkpoints.makeAll();
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
      ...bySystem,
      action: 'audit.retire',
      object: { kind: 'audit', id: `${seq + 1}-${seq + entries}` },
      details: { entries, older_than: before.toISOString() },
    });
  }
}
