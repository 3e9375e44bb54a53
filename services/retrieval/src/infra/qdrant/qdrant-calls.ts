import { QdrantClient } from '@qdrant/js-client-rest';
import { FailureError } from '@treadle/failure';

export interface QdrantAccess {
  /** With a path where a proxy serves it under one; port 6333 where the address names none. */
  readonly url: string;
  readonly apiKey?: string;
  /** How long one request may take. */
  readonly timeoutMs: number;
}

export type QdrantApi = ReturnType<QdrantClient['api']>;

/** Requests to one Qdrant: each ends in time, and fails as a FailureError. */
export class QdrantCalls {
  private readonly api: QdrantApi;

  constructor(private readonly access: QdrantAccess) {
    const { origin, pathname } = new URL(access.url);
    const prefix = pathname.replace(/\/+$/, '');
    this.api = new QdrantClient({
      url: origin,
      ...(prefix && { prefix }),
      // Not as `apiKey`: the client would print a warning wherever TLS ends at a proxy.
      ...(access.apiKey && { headers: { 'api-key': access.apiKey } }),
      checkCompatibility: false,
      // Each request brings a signal of its own.
      timeout: Number.POSITIVE_INFINITY,
    }).api();
  }

  /**
   * The result of a call; undefined where its collection does not exist.
   * Throws FailureError `unavailable` or `deadline_exceeded`, or the reason of the signal.
   */
  async ask<T>(
    call: (api: QdrantApi, init: RequestInit) => Promise<{ readonly data: { readonly result?: T } }>,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const timeout = AbortSignal.timeout(this.access.timeoutMs);
    try {
      const init = { signal: signal ? AbortSignal.any([signal, timeout]) : timeout };
      const { data } = await call(this.api, init);
      if (data.result === undefined) throw FailureError.of('unavailable', 'Qdrant answered without a result.');
      return data.result;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (timeout.aborted) throw this.tooSlow();
      if (statusOf(error) === 404) return undefined;
      throw asFailure(error);
    }
  }

  async isReady(): Promise<boolean> {
    try {
      const { ok } = await this.api.readyz({}, { signal: AbortSignal.timeout(this.access.timeoutMs) });
      return ok;
    } catch {
      return false;
    }
  }

  private tooSlow(): FailureError {
    return FailureError.of('deadline_exceeded', `Qdrant did not answer within ${this.access.timeoutMs} ms.`);
  }
}

/** The HTTP status that a call of the client was answered with, if it was. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error && 'status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

function asFailure(error: unknown): FailureError {
  if (error instanceof FailureError) return error;
  const status = statusOf(error);
  if (status === undefined) return FailureError.of('unavailable', 'Qdrant cannot be reached; see QDRANT_URL.');
  if (status === 401 || status === 403)
    return FailureError.of('unavailable', `Qdrant refused the key (status ${status}); see QDRANT_API_KEY.`);
  return FailureError.of('unavailable', `Qdrant answered with status ${status}${detail(error)}.`);
}

/** What Qdrant says of a request that it refuses: `{ status: { error } }`. */
function detail(error: unknown): string {
  const data = (error as { readonly data?: { readonly status?: { readonly error?: unknown } } }).data;
  const said = data?.status?.error;
  return typeof said === 'string' ? `: ${said.slice(0, 300)}` : '';
}
