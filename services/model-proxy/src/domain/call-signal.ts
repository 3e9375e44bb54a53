import { FailureError } from '@treadle/failure';

/** A signal that is aborted, with a `FailureError`, when the caller is gone or the call's time is over. */
export class CallSignal implements Disposable {
  readonly signal: AbortSignal;
  private readonly controller: AbortController | undefined;
  private readonly timer: NodeJS.Timeout | undefined;

  /**
   * `deadlineUnixMs` is 0 for a call that may take as long as it wants. Where the caller's signal says all there is to say, it is used as it is:
   * signals are not cheap.
   */
  constructor(
    private readonly caller: AbortSignal | undefined,
    deadlineUnixMs: number,
    { givesUp = false } = {},
  ) {
    if (caller && deadlineUnixMs === 0 && !givesUp) {
      this.signal = caller;
      return;
    }
    this.controller = new AbortController();
    this.signal = this.controller.signal;
    if (deadlineUnixMs > 0) this.timer = setTimeout(this.onDeadline, Math.max(0, deadlineUnixMs - Date.now()));
    if (caller?.aborted) this.onCallerGone();
    caller?.addEventListener('abort', this.onCallerGone, { once: true });
  }

  /** Why the work is stopped; undefined while nothing was aborted. */
  get failure(): FailureError | undefined {
    return this.signal.aborted ? reasonOf(this.signal) : undefined;
  }

  /** Stops the work for a reason of its own. Only with `givesUp`. */
  giveUp(why: FailureError): void {
    this.controller?.abort(why);
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
    if (this.controller) this.caller?.removeEventListener('abort', this.onCallerGone);
  }

  private readonly onDeadline = () => {
    this.controller?.abort(
      FailureError.of('deadline_exceeded', 'The model did not finish its answer within the time the call was given.'),
    );
  };

  private readonly onCallerGone = () => {
    if (this.caller) this.controller?.abort(reasonOf(this.caller));
  };
}

/** Whoever gave up the call may have said why. */
function reasonOf({ reason }: AbortSignal): FailureError {
  if (reason instanceof FailureError) return reason;
  return FailureError.of('cancelled', 'The call to the model was cancelled.');
}
