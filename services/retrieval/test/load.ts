import type { SearchResponse } from '@treadle/contracts';

export interface Answered {
  readonly answer: SearchResponse;
  readonly milliseconds: number;
}

/** Of searches that take 400 ms, 50 a second. */
const mostUnderWay = 20;

/** Asks so many times a second, whether or not answers have come, until it is stopped. */
export class Load {
  readonly answers: Answered[] = [];
  readonly errors: unknown[] = [];
  private asked = 0;
  private readonly startedAt = performance.now();
  private readonly underWay = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly perSecond: number,
    private readonly ask: (number: number) => Promise<SearchResponse>,
  ) {
    this.timer = setInterval(() => this.catchUp(), 5);
  }

  /** Answers in a second so far. */
  get rate(): number {
    return Math.round((this.answers.length / (performance.now() - this.startedAt)) * 1000);
  }

  get count(): number {
    return this.asked;
  }

  /** Resolves when the last answer has come. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.underWay);
  }

  /** A busy machine fires timers late; what is due by now is asked now. One that cannot keep up is asked less, and is not buried. */
  private catchUp(): void {
    const due = ((performance.now() - this.startedAt) / 1000) * this.perSecond;
    while (this.asked < due && this.underWay.size < mostUnderWay) {
      this.asked += 1;
      const asking = this.one(this.asked).finally(() => this.underWay.delete(asking));
      this.underWay.add(asking);
    }
  }

  private async one(number: number): Promise<void> {
    const startedAt = performance.now();
    try {
      const answer = await this.ask(number);
      this.answers.push({ answer, milliseconds: performance.now() - startedAt });
    } catch (error) {
      this.errors.push(error);
    }
  }
}

/** The time below which this part of the answers came. */
export function percentile(answers: readonly Answered[], part: number): number {
  const sorted = answers.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
}
