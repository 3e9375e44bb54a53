import type { Dice } from './dice.js';
import type { Trace } from './trace.js';

/** Every kind of fault, and how likely it is in bad weather each time there is an occasion for it. */
const badWeather = {
  /** The replica dies before its transaction is sent. */
  'crash before commit': 0.01,
  /** The replica dies when its transaction is committed, before it hears so. */
  'crash after commit': 0.015,
  'commit rejected': 0.02,
  /** The transaction is committed, and its answer never comes. */
  'commit answer lost': 0.02,
  /** The client has given the transaction up when it is committed after all. */
  'late commit': 0.015,
  'query failed': 0.02,
  /** The database takes its time: what follows overtakes it. */
  'query slow': 0.06,
  'message lost': 0.06,
  'message repeated': 0.08,
  'message delayed': 0.1,
  /** The replica is stopped for so long that its leases run out; then it goes on as if nothing had been. */
  'replica stalled': 0.1,
  'replica crashed': 0.1,
  /** An orderly end, as in an upgrade. */
  'replica replaced': 0.06,
  'clock stepped': 0.12,
  'executor crashed': 0.12,
  'queues wiped': 0.06,
  'database away': 0.05,
} as const satisfies Record<string, number>;

export type FaultKind = keyof typeof badWeather;
export const faultKinds = Object.keys(badWeather) as FaultKind[];

/** Decides when something goes wrong. Each seed has weather of its own: some kinds of faults often, some rarely, some never. */
export class Faults {
  readonly counts = new Map<FaultKind, number>();
  private readonly rates: ReadonlyMap<FaultKind, number>;
  private over = false;

  constructor(
    private readonly dice: Dice,
    private readonly trace: Trace,
  ) {
    const strength = () => dice.pick([0, 0, 0.3, 1, 1, 2]) ?? 0;
    this.rates = new Map(faultKinds.map((kind) => [kind, badWeather[kind] * strength()]));
  }

  /** Whether this fault strikes now. `where` is for the trace. */
  strikes(kind: FaultKind, where: string): boolean {
    if (this.over || !this.dice.chance(this.rates.get(kind) ?? 0)) return false;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.trace.note(`FAULT ${kind}: ${where}`);
    return true;
  }

  /** From now on everything works. */
  end(): void {
    this.over = true;
    this.trace.note('the last fault is over');
  }
}
