import { setTimeout as delay } from 'node:timers/promises';
import type { ChatRequest, ChatResponse } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { collect } from '@treadle/grpc';
import type { Models } from './ports.js';

/** How long a proxy that was lost is asked again. */
const patienceMs = 15_000;
const firstPauseMs = 100;
const longestPauseMs = 1000;

/**
 * Asks a chat model and passes its answer on as it comes. A proxy that is lost before its first part is asked again under the same idempotency
 * key, which it settles as one call, so the caller does not notice. Once a part was passed on, the failure is the caller's to hear.
 * Throws `FailureError`.
 */
export async function* askModel(
  models: Models,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<ChatResponse> {
  const patience = new Patience(signal);
  for (;;) {
    let begun = false;
    try {
      for await (const part of models.chat(request, { signal })) {
        begun = true;
        yield part;
      }
      return;
    } catch (error) {
      if (begun) throw error;
      await patience.pause(error);
    }
  }
}

/** All parts of an answer. A proxy that is lost anywhere before the last is asked again as above. Throws `FailureError`. */
export async function askWhole(
  models: Models,
  request: ChatRequest,
  signal: AbortSignal,
): Promise<readonly ChatResponse[]> {
  const patience = new Patience(signal);
  for (;;) {
    try {
      return await collect(models.chat(request, { signal }));
    } catch (error) {
      await patience.pause(error);
    }
  }
}

class Patience {
  private readonly until = Date.now() + patienceMs;
  private pauseMs = firstPauseMs;

  constructor(private readonly signal: AbortSignal) {}

  /** Waits before the next attempt; throws the error of the last one where there is to be none. */
  async pause(error: unknown): Promise<void> {
    if (!isLoss(error) || this.signal.aborted || Date.now() + this.pauseMs > this.until) throw error;
    await delay(this.pauseMs, undefined, { signal: this.signal });
    this.pauseMs = Math.min(this.pauseMs * 2, longestPauseMs);
  }
}

/** The proxy itself could not be reached; a provider's trouble has other codes. */
function isLoss(error: unknown): boolean {
  return error instanceof FailureError && error.failure.code === 'unavailable' && error.failure.retryable;
}
