import { FailureError, toFailure } from '@treadle/failure';
import type { TenantHttp } from '@treadle/guarded-http';
import type { JsonObject } from '@treadle/workflow';
import { checkArguments, hashOf } from './arguments.js';
import type { Attempt, Begun, CallStore, EarlierCall, Ending, NewCall } from './call-record.js';
import { checkSize, endingOfError, isTrouble, outcomeUnknown } from './ending.js';
import type { Flights } from './flights.js';
import type { Kinds } from './kinds.js';
import type { CredentialOpener } from './open-credential.js';
import { type EffectivePolicy, effectivePolicy, type PolicyDefaults } from './policy.js';
import { redact } from './redact.js';
import type { ToolBreakers } from './tool-breaker.js';
import type { ToolFinder } from './tool-finder.js';
import type { StoredTool } from './toolset.js';
import type { ToolOutcome } from './toolset-kind.js';
import { lookAgain, untilAborted } from './waiting.js';

/** A call as it was asked for. */
export interface AskedCall {
  readonly tenantId: string;
  readonly toolset: string;
  readonly tool: string;
  readonly version: number;
  readonly routingKey: string;
  readonly arguments: JsonObject;
  readonly idempotencyKey: string;
  /** Milliseconds since the epoch; 0 for the tool's own limit. */
  readonly deadlineUnixMs: number;
  readonly traceparent: string;
  readonly runId: string;
  readonly nodeKey: string;
  readonly workflowId: string;
  readonly approved: boolean;
}

export interface Answered {
  readonly outcome: ToolOutcome;
  readonly version: number;
}

export interface CallToolParts {
  readonly finder: ToolFinder;
  readonly kinds: Kinds;
  readonly calls: CallStore;
  readonly credentials: CredentialOpener;
  readonly breakers: ToolBreakers;
  readonly flights: Flights;
  readonly http: TenantHttp;
  readonly defaults: PolicyDefaults;
  readonly maxAnswerBytes: number;
  /** Milliseconds that the process of an earlier call may seem dead before its call is given up. */
  readonly takeOverMs: number;
  /** Milliseconds a call may wait for a place at a tool with a concurrency limit. */
  readonly queueMs: number;
}

/** A database that is away for this many looks, about half a minute, makes the call one whose outcome is unknown. */
const mostWrites = 60;
const never = new AbortController().signal;

/** One call with what holds for it. */
interface Prepared {
  readonly asked: AskedCall;
  readonly stored: StoredTool;
  readonly policy: EffectivePolicy;
  readonly deadline: Date;
}

/**
 * Calls tools. Calls with one key are one call: it is recorded before it is made, and its ending afterwards. It goes on when its caller goes away.
 */
export class CallTool {
  constructor(private readonly parts: CallToolParts) {}

  /** `signal` ends the waiting, not the call. Throws FailureError. */
  async call(asked: AskedCall, signal: AbortSignal): Promise<Answered> {
    const prepared = await this.prepare(asked);
    const { stored, deadline } = prepared;
    const begun = await this.begin(prepared, signal);
    const ending =
      begun.type === 'begun'
        ? await untilAborted(this.make(prepared, begun.attempt), signal)
        : await this.follow(prepared, begun.call, AbortSignal.any([signal, endOf(deadline)]));
    if (ending.type !== 'answered') throw new FailureError(ending.failure);
    return { outcome: ending.outcome, version: begun.type === 'earlier' ? begun.call.version : stored.version };
  }

  private async prepare(asked: AskedCall): Promise<Prepared> {
    const [stored] = await this.parts.finder.find(asked.tenantId, {
      ...asked,
      routingKey: asked.routingKey || asked.idempotencyKey,
    });
    if (!stored) throw FailureError.of('tool_not_found', 'Name the tool that is to be called.', { field: 'tool' });
    const policy = effectivePolicy(stored.tool, stored.policy, {
      ...this.parts.defaults,
      ...(stored.timeoutMs !== undefined && { timeoutMs: stored.timeoutMs }),
    });
    checkArguments(stored.tool.name, stored.tool.parameters, asked.arguments);
    checkAllowed(asked, policy);
    const own = Date.now() + policy.timeoutMs;
    const deadline = new Date(asked.deadlineUnixMs > 0 ? Math.min(own, asked.deadlineUnixMs) : own);
    return { asked, stored, policy, deadline };
  }

  /** Waits for a place where the tool's calls are limited. */
  private async begin(prepared: Prepared, signal: AbortSignal) {
    const { asked, policy, stored } = prepared;
    const call = newCall(prepared);
    const until = Date.now() + this.parts.queueMs;
    for (let looks = 0; ; looks++) {
      const begun: Begun = await this.parts.calls.begin(asked.tenantId, call, policy);
      if (begun.type === 'begun' || begun.type === 'earlier') return begun;
      if (begun.type === 'limited' || Date.now() > until) throw busy(stored, policy, begun);
      await lookAgain(looks, AbortSignal.any([signal, endOf(prepared.deadline)]));
    }
  }

  /** What became of a call that was begun before, here or elsewhere; or the call, where it never happened. */
  private async follow(prepared: Prepared, first: EarlierCall, signal: AbortSignal): Promise<Ending> {
    checkSameCall(prepared, first);
    let deadSince: number | undefined;
    let earlier: EarlierCall = first;
    for (let looks = 0; ; looks++) {
      const flight = this.parts.flights.of(earlier.id);
      if (flight) return untilAborted(flight, signal);
      if (earlier.ending) {
        const known = endingForRepeat(earlier.ending, prepared.policy);
        if (known) return known;
        const attempt = await this.parts.calls.takeOver(prepared.asked.tenantId, earlier, prepared.deadline);
        if (attempt) return untilAborted(this.make(prepared, attempt), signal);
      } else if (!earlier.ownerAlive || earlier.mine) {
        // A process that only lost its connection has its lock back before the second look; our own call may be about to take off.
        deadSince ??= Date.now();
        if (Date.now() - deadSince >= this.parts.takeOverMs) {
          const ending = await this.adopt(prepared, earlier, signal);
          if (ending) return ending;
        }
      } else deadSince = undefined;
      await lookAgain(looks, signal);
      earlier = (await this.parts.calls.earlier(prepared.asked.tenantId, prepared.asked.idempotencyKey)) ?? earlier;
    }
  }

  /** A call whose process died on the way. Undefined where another replica was faster. */
  private async adopt(prepared: Prepared, earlier: EarlierCall, signal: AbortSignal): Promise<Ending | undefined> {
    const { asked, policy, deadline } = prepared;
    const attempt = await this.parts.calls.takeOver(asked.tenantId, earlier, deadline);
    if (!attempt) return undefined;
    if (policy.repeatable) return untilAborted(this.make(prepared, attempt), signal);
    const ending: Ending = { type: 'unknown', failure: outcomeUnknown('the process that made it died.') };
    await this.parts.calls.end(asked.tenantId, attempt, ending);
    return ending;
  }

  /** From here on nobody can stop it but its deadline. */
  private make(prepared: Prepared, attempt: Attempt): Promise<Ending> {
    const { asked } = prepared;
    return this.parts.flights.begin(attempt.id, async (stopping) => {
      const ending = await this.perform(prepared, attempt, AbortSignal.any([stopping, endOf(prepared.deadline)]));
      await this.write(asked.tenantId, attempt, ending);
      return ending;
    });
  }

  /** Nobody is told an ending that is not written: it would not be the one that a repeat is told. */
  private async write(tenantId: string, attempt: Attempt, ending: Ending): Promise<void> {
    for (let looks = 0; ; looks++) {
      try {
        return await this.parts.calls.end(tenantId, attempt, ending);
      } catch (error) {
        if (looks >= mostWrites || this.parts.flights.closing || toFailure(error).code !== 'unavailable') throw error;
        await lookAgain(looks, never);
      }
    }
  }

  private async perform(
    { asked, stored, policy, deadline }: Prepared,
    attempt: Attempt,
    signal: AbortSignal,
  ): Promise<Ending> {
    const { breakers, kinds, http, credentials, maxAnswerBytes } = this.parts;
    const breaker = JSON.stringify([asked.tenantId, stored.toolset, stored.tool.name]);
    try {
      breakers.check(breaker, `${stored.toolset}/${stored.tool.name}`);
    } catch (error) {
      return endingOfError(error, policy.repeatable);
    }
    try {
      const outcome = await untilAborted(
        kinds[stored.kind].call(stored.tool, stored.settings, asked.arguments, {
          callId: attempt.id,
          tenantId: asked.tenantId,
          toolset: stored.toolset,
          version: stored.version,
          idempotencyKey: asked.idempotencyKey,
          runId: asked.runId,
          traceparent: asked.traceparent,
          deadlineUnixMs: deadline.getTime(),
          maxAnswerBytes,
          http: http.of(asked.tenantId).forSignal(signal),
          credential: stored.credential && credentials.open(asked.tenantId, stored.credential),
          signal,
        }),
        signal,
      );
      breakers.succeeded(breaker);
      return { type: 'answered', outcome: checkSize(outcome, maxAnswerBytes) };
    } catch (error) {
      const ending = endingOfError(error, policy.repeatable);
      if (ending.type !== 'answered' && isTrouble(ending.failure)) breakers.failed(breaker, policy.breakerFailures);
      return ending;
    }
  }
}

function newCall({ asked, stored, policy, deadline }: Prepared): NewCall {
  const { idempotencyKey, approved, runId, nodeKey, workflowId } = asked;
  return {
    ...{ idempotencyKey, approved, runId, nodeKey, workflowId, deadline },
    toolset: stored.toolset,
    tool: stored.tool.name,
    version: stored.version,
    arguments: redact(asked.arguments, stored.tool.parameters),
    argumentsHash: hashOf(asked.arguments),
    mutating: policy.mutating,
  };
}

function checkAllowed(
  { toolset, tool, approved, idempotencyKey, deadlineUnixMs }: AskedCall,
  policy: EffectivePolicy,
): void {
  if (policy.needsApproval && !approved)
    throw FailureError.of(
      'tool_approval_required',
      `A person has to agree to each call of ${toolset}/${tool}. Ask for approval first, or change the tool's policy.`,
    );
  if (policy.mutating && idempotencyKey === '')
    throw FailureError.of(
      'invalid_argument',
      `${toolset}/${tool} may change something, so its call needs an idempotency key.`,
      {
        field: 'idempotency_key',
      },
    );
  if (deadlineUnixMs > 0 && deadlineUnixMs <= Date.now())
    throw FailureError.of('deadline_exceeded', `There was no time left to call ${toolset}/${tool}.`);
}

function checkSameCall({ asked, stored }: Prepared, earlier: EarlierCall): void {
  const same = earlier.toolset === stored.toolset && earlier.tool === stored.tool.name;
  if (same && earlier.argumentsHash === hashOf(asked.arguments)) return;
  throw FailureError.of(
    'idempotency_key_reused',
    `This idempotency key belongs to a call of ${earlier.toolset}/${earlier.tool} with other arguments. Use another key for another call.`,
    { field: 'idempotency_key' },
  );
}

/** Undefined where the call is to be made (again). */
function endingForRepeat(
  ending: NonNullable<EarlierCall['ending']>,
  { repeatable }: EffectivePolicy,
): Ending | undefined {
  switch (ending.type) {
    case 'answered':
      return ending;
    case 'spoilt':
    case 'unknown':
      return repeatable ? undefined : ending;
    case 'refused':
      return undefined;
    case 'forgotten':
      return { type: 'unknown', failure: outcomeUnknown('it was made so long ago that its answer is no longer kept.') };
  }
}

function busy(
  { toolset, tool }: StoredTool,
  policy: EffectivePolicy,
  begun: { type: 'full' } | { type: 'limited'; retryAfterSeconds: number },
): FailureError {
  const limit =
    begun.type === 'full' ? `${policy.concurrency} calls at once` : `${policy.callsPerMinute} calls a minute`;
  return FailureError.of(
    'tool_rate_limited',
    `${toolset}/${tool.name} is limited to ${limit} by its policy, and they are used up. Call again later, or raise the limit.`,
    { retryAfterSeconds: begun.type === 'full' ? 1 : begun.retryAfterSeconds },
  );
}

/** Fires at a moment, with a failure that says so. */
function endOf(deadline: Date): AbortSignal {
  return AbortSignal.timeout(Math.min(Math.max(0, deadline.getTime() - Date.now()), 2 ** 31 - 1));
}
