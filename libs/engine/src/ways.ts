import type { RunTextPlan } from './run-text-plan.js';

/**
 * Knows which nodes are certain to run. A node is certain once no undecided branch lies upstream of it and a way into it is
 * taken. Each node and edge is looked at once, so a run costs its plan's size however many readers ask.
 */
export class Ways {
  /** Ways into a node that are not decided yet. */
  private readonly undecided = new Map<string, number>();
  private readonly entered = new Set<string>();
  private readonly certain = new Set<string>();
  /** Nodes whose outgoing edges are decided. */
  private readonly passed = new Set<string>();

  constructor(private readonly plan: RunTextPlan) {
    if (plan.entry !== undefined) this.enter(plan.entry);
  }

  isCertain(id: string): boolean {
    return this.certain.has(id);
  }

  /** The node is over; it took `handle`, or none because it was skipped. */
  finish(id: string, handle: string | undefined): void {
    this.pass([[id, handle, true]]);
  }

  private enter(id: string): void {
    this.certain.add(id);
    const way = this.plan.ways.get(id);
    if (way && !way.branching) this.pass([[id, undefined, false]]);
  }

  /** Follows decided edges with a list of its own: plans may be a thousand nodes deep. */
  private pass(work: [id: string, handle: string | undefined, over: boolean][]): void {
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const [id, handle, over] = next;
      const way = this.plan.ways.get(id);
      if (!way || this.passed.has(id)) continue;
      this.passed.add(id);
      for (const edge of way.outgoing) {
        if (!over || edge.handle === handle) this.entered.add(edge.target);
        const left = (this.undecided.get(edge.target) ?? this.plan.ways.get(edge.target)?.incoming ?? 0) - 1;
        this.undecided.set(edge.target, left);
        if (left > 0 || this.certain.has(edge.target)) continue;
        if (!this.entered.has(edge.target)) work.push([edge.target, undefined, true]);
        else {
          this.certain.add(edge.target);
          if (!this.plan.ways.get(edge.target)?.branching) work.push([edge.target, undefined, false]);
        }
      }
    }
  }
}
