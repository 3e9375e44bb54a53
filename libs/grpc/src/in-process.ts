import { FailureError, toFailure } from '@treadle/failure';
import { abortFailure } from './failure-status.js';
import type { Handlers } from './handlers.js';
import { type AnyMethod, type AnyService, handlerOf, type StreamHandler, type UnaryHandler } from './service.js';
import { Whole } from './whole.js';

type OnUnknownError = (path: string, error: unknown) => void;

/**
 * Offers a controller of the same process as if it were a client: unknown errors become `internal`, and an aborted signal
 * ends the call with `cancelled` or `deadline_exceeded` even where the controller does not look at it. Messages are passed
 * by reference, so neither side may change them.
 */
export function inProcessHandlers<Definition extends AnyService>(
  definition: Definition,
  controller: Handlers<Definition>,
  onUnknownError: OnUnknownError,
): Handlers<Definition> {
  const methods = Object.entries<AnyMethod>(definition).map(([name, method]) => {
    const failed = (error: unknown) => asFailureError(error, method.path, onUnknownError);
    return [
      name,
      method.responseStream ? stream(handlerOf(controller, name), failed) : unary(handlerOf(controller, name), failed),
    ];
  });
  return Object.fromEntries(methods) as Handlers<Definition>;
}

function asFailureError(error: unknown, path: string, onUnknownError: OnUnknownError): FailureError {
  if (error instanceof FailureError) return error;
  onUnknownError(path, error);
  return new FailureError(toFailure(error), { cause: error });
}

type Failed = (error: unknown) => FailureError;

function stream(handler: StreamHandler, failed: Failed): StreamHandler {
  return (request, options) => {
    const answer = handler(request, options);
    if (answer instanceof Whole) return new Whole(() => stoppable(answer.all, options?.signal, failed));
    return new StoppableIterable(answer, options?.signal, failed);
  };
}

function unary(handler: UnaryHandler, failed: Failed): UnaryHandler {
  return (request, options) => stoppable(() => handler(request, options), options?.signal, failed);
}

async function stoppable<T>(work: () => Promise<T>, signal: AbortSignal | undefined, failed: Failed): Promise<T> {
  const stop = new Stop(signal);
  try {
    return await stop.race(work);
  } catch (error) {
    throw failed(error);
  } finally {
    stop.forget();
  }
}

/** Watches a signal with one listener for a whole call, so that a stream pays nothing per message for it but a promise. */
class Stop {
  private reject: ((reason: FailureError) => void) | undefined;

  constructor(private readonly signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', this.onAbort, { once: true });
  }

  /** Settles with the work, or with the abort if that comes first. */
  race<T>(work: () => Promise<T>): Promise<T> {
    if (!this.signal) return work();
    if (this.signal.aborted) return Promise.reject(abortFailure(this.signal));
    return new Promise<T>((resolve, reject) => {
      this.reject = reject;
      work().then(resolve, reject);
    });
  }

  forget(): void {
    this.signal?.removeEventListener('abort', this.onAbort);
  }

  private readonly onAbort = () => {
    if (this.signal) this.reject?.(abortFailure(this.signal));
  };
}

class StoppableIterable implements AsyncIterable<unknown> {
  constructor(
    private readonly answer: AsyncIterable<unknown>,
    private readonly signal: AbortSignal | undefined,
    private readonly failed: Failed,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    const stop = new Stop(this.signal);
    let source: AsyncIterator<unknown> | undefined;
    const leave = () => {
      stop.forget();
      // Not awaited: a generator that hangs in an await would hold up its caller.
      void source?.return?.().catch(() => undefined);
    };
    return {
      next: async () => {
        try {
          source ??= this.answer[Symbol.asyncIterator]();
          const iterator = source;
          const next = await stop.race(() => iterator.next());
          if (next.done) stop.forget();
          return next;
        } catch (error) {
          leave();
          throw this.failed(error);
        }
      },
      return: (value?: unknown) => {
        leave();
        return Promise.resolve({ done: true, value });
      },
    };
  }
}
