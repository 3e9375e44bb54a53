import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Runs } from '../../domain/ports.js';
import { requestHash } from '../../domain/start-run.js';
import { checkedKey } from '../runs/idempotency-key.js';

/** Under which key a start is known, so that it is not made twice. */
export interface NamedStart {
  /** Empty where every start is one of its own. */
  readonly idempotencyKey: string;
  readonly requestHash: string;
  /** Seconds after the end of the run for which the key counts; 0 as long as it is kept. */
  readonly keySeconds: number;
}

/**
 * Tells a repetition from a new request. Clients send a request again when its answer was late or lost, without saying so: the same key, end
 * user and request mean the run that is under way, or has just ended. Once the answer was delivered the same words mean a new run.
 */
export class Repeats {
  private readonly forgetting = new Map<string, Promise<unknown>>();

  constructor(
    private readonly runs: Pick<Runs, 'forgetStartKey'>,
    /** How long after the end of its run an answer that was not delivered is kept for a repetition; 0 takes every request as new. */
    private readonly seconds: number,
  ) {}

  /** @throws FailureError `invalid_argument` for a header that is no key */
  async name(http: FastifyRequest, what: { readonly workflowId: string; readonly user: string }): Promise<NamedStart> {
    const { workflowId, user } = what;
    const given = checkedKey([http.headers['idempotency-key']].flat()[0]);
    const hash = requestHash(what);
    // The same key of two end users, or beside the native API, is two keys.
    if (given !== '')
      return { idempotencyKey: `app ${requestHash({ workflowId, user, given })}`, requestHash: hash, keySeconds: 0 };
    if (this.seconds === 0) return { idempotencyKey: '', requestHash: '', keySeconds: 0 };
    const idempotencyKey = `repeat ${requestHash({ key: http.apiKeyId, what })}`;
    await this.forgetting.get(idempotencyKey);
    return { idempotencyKey, requestHash: hash, keySeconds: this.seconds };
  }

  /** Forgets the start once its answer has gone out whole; `isWhole` is asked then. */
  watch(reply: FastifyReply, tenantId: string, start: NamedStart, runId: string, isWhole: () => boolean): void {
    const { idempotencyKey, keySeconds } = start;
    if (keySeconds === 0) return;
    reply.raw.once('finish', () => {
      if (!isWhole()) return;
      const forgotten = this.runs
        .forgetStartKey({ tenantId, idempotencyKey, runId })
        // Then it is forgotten when its time is over.
        .catch(() => undefined)
        .finally(() => this.forgetting.delete(idempotencyKey));
      this.forgetting.set(idempotencyKey, forgotten);
    });
  }
}
