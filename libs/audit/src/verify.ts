import { type ChainPoint, chainStart, hashAfter } from './chain.js';
import type { AuditEntry } from './entry.js';

/** A line of a whole export, in the order in which they come. */
export type ExportLine =
  | {
      readonly start: {
        readonly tenant: string;
        readonly at: ChainPoint;
        readonly whole: boolean;
        /** Signed points of the chain, oldest first. */
        readonly checkpoints: readonly string[];
      };
    }
  | { readonly entry: AuditEntry; readonly hash: string }
  | { readonly end: ChainPoint };

/**
 * - `changed`: an entry is not what was recorded
 * - `missing`: something was removed, inserted or moved
 * - `cut off`: entries at the end are gone
 * - `rewritten`: all hashes fit, but it is not the chain that was there before
 * - `forged`: a checkpoint was made by somebody without the key
 * - `incomplete`: what was read is no whole chain
 */
export type Damage = 'changed' | 'missing' | 'cut off' | 'rewritten' | 'forged' | 'incomplete';

/** What is wrong with a chain, for a person. */
export class BrokenChain extends Error {
  override readonly name = 'BrokenChain';

  constructor(
    message: string,
    /** The entry at which it was found. */
    readonly seq: number,
    readonly damage: Damage,
  ) {
    super(message);
  }
}

/**
 * Walks a chain link by link. Whatever was changed, removed, inserted or put in another order shows at the first link that does not fit;
 * what was cut off at the end shows against a point that was known before.
 */
export class ChainWalk {
  private readonly expected: readonly ChainPoint[];
  private point: ChainPoint;

  /**
   * @param start where the chain begins: its very start, or the anchor of what was retired.
   * @param known points of the same chain that were noted at an earlier time, anywhere outside it.
   */
  constructor(
    private readonly tenant: string,
    private readonly start: ChainPoint = chainStart(tenant),
    known: readonly ChainPoint[] = [],
  ) {
    this.point = start;
    // What was retired since is behind the anchor, which holds its hash.
    this.expected = known.filter(({ seq }) => seq >= start.seq);
    this.check(start);
  }

  /** @throws BrokenChain */
  next(entry: AuditEntry, hash: string): void {
    const { seq } = this.point;
    if (entry.seq !== seq + 1)
      throw new BrokenChain(
        `After entry ${seq} comes entry ${String(entry.seq)}: something was removed, inserted or moved.`,
        seq + 1,
        'missing',
      );
    if (entry.tenant !== this.tenant)
      throw new BrokenChain(`Entry ${entry.seq} belongs to the chain of another organisation.`, entry.seq, 'changed');
    const right = hashAfter(this.point.hash, entry);
    if (right !== hash)
      throw new BrokenChain(
        `Entry ${entry.seq} is not what was recorded: its hash does not fit.`,
        entry.seq,
        'changed',
      );
    this.point = { seq: entry.seq, hash: right };
    this.check(this.point);
  }

  /**
   * Where the chain ends.
   * @param head the end that the log itself names.
   * @throws BrokenChain
   */
  end(head: ChainPoint): ChainPoint {
    const { seq } = this.point;
    const missing = [head, ...this.expected].find((point) => point.seq > seq);
    if (missing)
      throw new BrokenChain(
        `The chain ends at entry ${seq}, but there was an entry ${missing.seq}: its end was cut off.`,
        seq + 1,
        'cut off',
      );
    if (head.seq !== seq || head.hash !== this.point.hash)
      throw new BrokenChain(`The chain ends at entry ${seq}, which is not the end that the log names.`, seq, 'cut off');
    return this.point;
  }

  /** The hash that an entry must have had at an earlier time. */
  private check({ seq, hash }: ChainPoint): void {
    if (this.expected.some((known) => known.seq === seq && known.hash !== hash))
      throw new BrokenChain(
        `Entry ${seq} is not the one that was there before: the chain was written anew.`,
        seq,
        'rewritten',
      );
  }
}
