import { FailureError } from '@treadle/failure';

/** A signal that is aborted, with a `FailureError`, when the caller is gone or the call's time is over. */
export class CallSignal implements Disposable {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout | undefined;

  /** `deadlineUnixMs` is 0 for a call that may take as long as it wants. */
  constructor(
    private readonly caller: AbortSignal | undefined,
    deadlineUnixMs: number,
  ) {
    if (deadlineUnixMs > 0) this.timer = setTimeout(this.onDeadline, Math.max(0, deadlineUnixMs - Date.now()));
    if (caller?.aborted) this.onCallerGone();
    caller?.addEventListener('abort', this.onCallerGone, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Why the work is stopped; undefined while nothing was aborted. */
  get failure(): FailureError | undefined {
    const reason: unknown = this.controller.signal.reason;
    return reason instanceof FailureError ? reason : undefined;
  }

  /** Stops the work for a reason of its own. */
  giveUp(why: FailureError): void {
    this.controller.abort(why);
  }

  /** What the work gives, or this signal's own failure in place of whatever the abort made it throw. */
  async instead<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** What to throw in place of an error: why the work was stopped, with what the error knows of the answer so far. */
  explain(error: unknown): unknown {
    const why = this.failure?.failure;
    if (!why) return error;
    const known = error instanceof FailureError ? error.failure.details : undefined;
    return new FailureError({ ...why, ...(known && { details: { ...known, ...why.details } }) }, { cause: error });
  }

  /** Without this every call would leave a timer behind until its deadline. */
  [Symbol.dispose](): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.onCallerGone);
  }

  private readonly onDeadline = () => {
    this.controller.abort(
      FailureError.of('deadline_exceeded', 'The model did not finish its answer within the time the call was given.'),
    );
  };

  private readonly onCallerGone = () => {
    const reason: unknown = this.caller?.reason;
    // Whoever gave up the call may have said why.
    const said = reason instanceof FailureError ? reason : undefined;
    this.controller.abort(said ?? FailureError.of('cancelled', 'The call to the model was cancelled.'));
  };
}
