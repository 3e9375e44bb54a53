import { FailureError } from '@treadle/failure';

/** How long a target may take, in milliseconds. */
export interface Patience {
  /** To the first part of the answer. */
  readonly firstTokenMs: number;
  /** Between two parts. */
  readonly silenceMs: number;
}

/** Looks at the clock while a target is waited for, and gives it up when the next part takes too long. Time that the reader takes does not count. */
export class Watch implements Disposable {
  private waitingSince: number | undefined = performance.now();
  private limitMs: number;
  private timer: NodeJS.Timeout;

  constructor(
    private readonly patience: Patience,
    private readonly giveUp: (why: FailureError) => void,
  ) {
    this.limitMs = patience.firstTokenMs;
    this.timer = setTimeout(this.look, this.limitMs);
  }

  /** A part is here. */
  came(): void {
    this.waitingSince = undefined;
    const { silenceMs } = this.patience;
    if (this.limitMs === silenceMs) return;
    this.limitMs = silenceMs;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.look, silenceMs);
  }

  /** The next part is waited for. */
  waits(): void {
    this.waitingSince = performance.now();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
  }

  /** One timer that looks at the clock costs less than one that is set anew for every token. */
  private readonly look = () => {
    const { limitMs, waitingSince } = this;
    const waitedMs = waitingSince === undefined ? 0 : performance.now() - waitingSince;
    if (waitedMs >= limitMs) this.giveUp(silent(limitMs, limitMs === this.patience.firstTokenMs));
    else this.timer = setTimeout(this.look, limitMs - waitedMs);
  };
}

function silent(limitMs: number, first: boolean): FailureError {
  const when = first ? 'did not begin to answer' : 'fell silent in the middle of its answer';
  const message = `The model ${when}: it was silent for ${limitMs / 1_000} s.`;
  return FailureError.of(first ? 'provider_unavailable' : 'provider_stream_cut', message);
}
