import { AddressGuard, GuardedHttp } from '@treadle/guarded-http';
import type { Credential } from '../src/domain/credential.js';
import type { CallWorld } from '../src/domain/toolset-kind.js';

/** The way out to servers of the spec itself, which run on this machine. */
export const openHttp = () => new GuardedHttp(new AddressGuard(['127.0.0.1']));

type Wishes = Partial<Omit<CallWorld, 'http'>>;

/** A world whose calls reach this machine. */
export function worldOf(http: GuardedHttp, wishes: Wishes = {}): CallWorld {
  const signal = wishes.signal ?? AbortSignal.timeout(30_000);
  return {
    callId: 'call-1',
    tenantId: 'tenant-1',
    toolset: 'set',
    version: 1,
    idempotencyKey: '',
    runId: '',
    traceparent: '',
    deadlineUnixMs: Date.now() + 30_000,
    maxAnswerBytes: 1_000_000,
    credential: undefined,
    ...wishes,
    signal,
    http: http.forSignal(signal),
  };
}

/** A credential that sets one header. */
export const headerCredential = (name: string, value: string): Credential => ({
  hosts: [],
  attach: async (request) => ({
    ...request,
    headers: [...request.headers, [name, value] as const],
    secretHeaders: [name.toLowerCase()],
  }),
});
