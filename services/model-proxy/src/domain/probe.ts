import { toFailure } from '@treadle/failure';
import { costNothing } from './cost-nothing.js';
import type { BilledUsage, MoneyGate } from './money-gate.js';
import type { FinishedPart } from './provider.js';
import type { Target } from './target.js';

/** Enough for every model to say something; some refuse less. */
const tokens = 16;

/** Asks a target for as little as possible, to see whether it is back. It is billed like any call, to the tenant that last used it. */
export async function probe(target: Target, money: MoneyGate, timeoutMs: number): Promise<boolean> {
  const { provider, model, operation, lastTenantId: tenantId } = target;
  const reservation = await money.reserve({
    spender: { tenantId, workflowId: '', runId: '', nodeKey: '', apiKeyId: '' },
    operation,
    provider: provider.name,
    kind: provider.kind,
    model,
    route: '',
    idempotencyKey: '',
    deadlineUnixMs: 0,
    inputTokensAtMost: 64,
    outputTokensAtMost: operation === 'chat' ? tokens : 0,
  });
  const startedAt = performance.now();
  try {
    const usage = await ask(target, Date.now() + timeoutMs);
    const latencyMs = performance.now() - startedAt;
    reservation.settle({ status: 'completed', usage, latencyMs, firstTokenMs: latencyMs });
    return true;
  } catch (error) {
    const failure = toFailure(error);
    if (costNothing(failure)) reservation.release(failure.code);
    else {
      const latencyMs = performance.now() - startedAt;
      reservation.settle({
        status: 'failed',
        usage: undefined,
        latencyMs,
        firstTokenMs: undefined,
        failureCode: failure.code,
      });
    }
    // Whoever refuses a request is there.
    return failure.code === 'provider_rejected';
  }
}

async function ask({ provider, model, operation }: Target, deadlineUnixMs: number): Promise<BilledUsage | undefined> {
  if (operation === 'embed') {
    const answer = await provider.embed?.({ model, texts: ['ping'], dimensions: 0, purpose: '', deadlineUnixMs });
    return answer && billed(answer);
  }
  if (operation === 'rerank') {
    const answer = await provider.rerank?.({ model, query: 'ping', documents: ['pong'], top: 1, deadlineUnixMs });
    return answer && billed(answer);
  }
  const messages = [{ role: 'user', text: 'ping' }];
  const parameters = { max_tokens: tokens };
  let last: FinishedPart | undefined;
  for await (const part of provider.chat({ model, messages, parameters, idempotencyKey: '', deadlineUnixMs }))
    if (part.type === 'finished') last = part;
  return last && last.usageKnown !== false ? billed(last) : undefined;
}

/** The counts of an answer, whole. */
export function billed(counts: Pick<FinishedPart, keyof BilledUsage & keyof FinishedPart>): BilledUsage {
  const { inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens = 0 } = counts;
  return { inputTokens, outputTokens, cachedInputTokens, reasoningTokens };
}
