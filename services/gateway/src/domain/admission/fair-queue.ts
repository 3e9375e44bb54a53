/** Somebody waits for an answer, or nobody does. */
export type Lane = 'interactive' | 'batch';

export interface Queued {
  readonly tenant: string;
  readonly lane: Lane;
  readonly since: number;
}

/** So many turns of a tenant go to those somebody waits for before one goes to the others. */
const interactiveTurns = 8;

interface TenantQueue<T> {
  readonly interactive: T[];
  readonly batch: T[];
  turns: number;
}

/**
 * Who waits for their turn. Tenants take turns whatever their number of requests; within a tenant those that somebody waits for go first,
 * but the others are not forgotten. Each list is first come, first served.
 */
export class FairQueue<T extends Queued> {
  /** In the order of their turns. */
  private readonly tenants = new Map<string, TenantQueue<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(one: T): void {
    const queue = this.tenants.get(one.tenant) ?? { interactive: [], batch: [], turns: 0 };
    this.tenants.set(one.tenant, queue);
    queue[one.lane].push(one);
    this.count += 1;
  }

  /** Who is next; `undefined` when nobody is, or only batch where it may not go. */
  next(mayBatch: boolean): T | undefined {
    for (const [tenant, queue] of this.tenants) {
      const lane = laneOf(queue, mayBatch);
      if (!lane) continue;
      queue.turns = lane === 'batch' ? 0 : queue.turns + 1;
      const one = queue[lane].shift();
      this.count -= 1;
      this.tenants.delete(tenant);
      if (lengthOf(queue) > 0) this.tenants.set(tenant, queue);
      return one;
    }
    return undefined;
  }

  /** Takes somebody out who does not wait any longer. */
  remove(one: T): void {
    const queue = this.tenants.get(one.tenant);
    const at = queue?.[one.lane].indexOf(one) ?? -1;
    if (!queue || at < 0) return;
    queue[one.lane].splice(at, 1);
    this.count -= 1;
    if (lengthOf(queue) === 0) this.tenants.delete(one.tenant);
  }

  /** Takes out everybody who came before a moment. */
  before(moment: number): T[] {
    const over: T[] = [];
    for (const queue of this.tenants.values())
      for (const list of [queue.interactive, queue.batch])
        for (const one of list) {
          if (one.since > moment) break;
          over.push(one);
        }
    for (const one of over) this.remove(one);
    return over;
  }

  /** The last of the tenant with most in the queue, unless that is this tenant: it would give way to itself. */
  lastOfLongest(tenant: string): T | undefined {
    let longest: TenantQueue<T> | undefined;
    for (const queue of this.tenants.values()) if (!longest || lengthOf(queue) > lengthOf(longest)) longest = queue;
    const own = this.tenants.get(tenant);
    if (!longest || (own && lengthOf(own) + 1 >= lengthOf(longest))) return undefined;
    return longest.batch.at(-1) ?? longest.interactive.at(-1);
  }
}

function laneOf<T>(queue: TenantQueue<T>, mayBatch: boolean): Lane | undefined {
  const batch = mayBatch && queue.batch.length > 0;
  if (queue.interactive.length > 0 && !(batch && queue.turns >= interactiveTurns)) return 'interactive';
  return batch ? 'batch' : undefined;
}

function lengthOf({ interactive, batch }: TenantQueue<unknown>): number {
  return interactive.length + batch.length;
}
