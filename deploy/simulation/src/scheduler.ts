interface Due {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** The first moment of every simulation, in milliseconds since the epoch. */
const beginning = Date.UTC(2030, 0, 1);

/** A virtual clock and what is to happen by it. Things due at the same moment happen in the order in which they were asked for. */
export class Scheduler {
  /** Milliseconds since the epoch. */
  now = beginning;
  /** How many things have happened. */
  steps = 0;
  /** A binary heap, the earliest first. */
  private readonly heap: Due[] = [];
  private asked = 0;

  /** Milliseconds since the simulation began. */
  get elapsedMs(): number {
    return this.now - beginning;
  }

  after(delayMs: number, action: () => void): void {
    this.push({ at: this.now + Math.max(0, delayMs), order: this.asked++, action });
  }

  /** Lets the next thing happen, and everything that follows from it at once. False when there is nothing more. */
  async step(): Promise<boolean> {
    const due = this.pop();
    if (!due) return false;
    this.now = due.at;
    this.steps += 1;
    due.action();
    await settled();
    return true;
  }

  private push(due: Due): void {
    const { heap } = this;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!swapped(heap, parent, index)) return;
      index = parent;
    }
  }

  private pop(): Due | undefined {
    const { heap } = this;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0 || !last) return first;
    heap[0] = last;
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const child = isBefore(heap[right], heap[left]) ? right : left;
      if (!swapped(heap, index, child)) return first;
      index = child;
    }
  }
}

/** Resolves when no promise has anything left to do: Node runs ticks that come out of promises after the last of them. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Puts the earlier of the two above; says whether they changed places. */
function swapped(heap: Due[], above: number, below: number): boolean {
  const [upper, lower] = [heap[above], heap[below]];
  if (!upper || !lower || !isBefore(lower, upper)) return false;
  heap[above] = lower;
  heap[below] = upper;
  return true;
}

function isBefore(one: Due | undefined, other: Due | undefined): boolean {
  if (!one || !other) return one !== undefined;
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
