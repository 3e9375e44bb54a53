import type { AuditNote } from '@treadle/audit';
import type { AuditLog } from './audit-log.js';

interface Repeated {
  readonly tenantId: string;
  readonly note: AuditNote;
  readonly until: number;
  times: number;
}

/** The same denial again within this time is counted and not written. */
const windowMs = 60_000;
/** Beyond so many different ones at a time all others count as one: a flood of strangers fills neither the memory nor the log. */
const maxKinds = 5000;

/** Records what was refused: the first at once, and then how often it came again. */
export class Denials {
  private readonly recent = new Map<string, Repeated>();

  constructor(
    private readonly log: AuditLog,
    private readonly now: () => number,
  ) {}

  /** Resolves when it is recorded, or counted. @throws FailureError `unavailable` */
  async record(tenantId: string, note: AuditNote): Promise<void> {
    const exact = keyOf(tenantId, note);
    const full = this.recent.size >= maxKinds && !this.recent.has(exact);
    const key = full ? `${tenantId}\nothers` : exact;
    const known = this.recent.get(key);
    if (known && known.until > this.now()) return void known.times++;
    this.recent.set(key, { tenantId, note, until: this.now() + windowMs, times: 0 });
    if (known) await this.flushOne(known);
    await this.log.append(tenantId, note);
  }

  /** Writes down how often denials came again whose time is over, or all of them. */
  async flush(all = false): Promise<void> {
    const over = [...this.recent].filter(([, { until }]) => all || until <= this.now());
    for (const [key] of over) this.recent.delete(key);
    for (const [, repeated] of over) await this.flushOne(repeated);
  }

  private async flushOne({ tenantId, note, times }: Repeated): Promise<void> {
    if (times > 0) await this.log.append(tenantId, { ...note, times });
  }
}

function keyOf(tenantId: string, { actor, action, object }: AuditNote): string {
  return [tenantId, actor.kind, actor.id, actor.address, action, object.id].join('\n');
}
