import { FailureError } from '@treadle/failure';
import type { Work } from './attempt.js';
import type { CallPlan } from './plan-call.js';
import { billed } from './probe.js';
import { promptTokensAtMost } from './prompt-bound.js';
import type { Embeddings, ModelPart, Ranking, TokenCounts } from './provider.js';
import type {
  ChatPart,
  ChatQuestion,
  EmbedAnswer,
  EmbedQuestion,
  RerankAnswer,
  RerankQuestion,
  ServedBy,
} from './question.js';
import type { Target } from './target.js';
import type { Patience } from './watched.js';

interface Frame {
  readonly plan: CallPlan;
  /** With an answer that comes in pieces. */
  readonly patience?: Patience;
}

export type ChatWork = Work<ChatPart, ModelPart>;

/** A chat, as it is asked of whichever target serves. */
export function chatWork(question: ChatQuestion, { plan, patience }: Frame): ChatWork {
  const { spender, idempotencyKey, parameters, deadlineUnixMs, messages, tools, responseFormat } = question;
  const limit = limitOf(parameters);
  return {
    patience,
    spender,
    billable: ({ mergesRepeats, ...served }) => ({
      ...served,
      spender,
      operation: 'chat',
      route: plan.route,
      idempotencyKey: mergesRepeats ? idempotencyKey : '',
      deadlineUnixMs,
      inputTokensAtMost: promptTokensAtMost({ ...served, messages, tools, responseFormat }),
      outputTokensAtMost: limit,
    }),
    start: (target, signal, outputTokensAtMost) => {
      const bounded = limit ?? outputTokensAtMost;
      const settings =
        limit === undefined && bounded !== undefined ? { ...parameters, max_tokens: bounded } : parameters;
      const call = { ...question, model: target.model, parameters: settings, deadlineUnixMs: 0, signal };
      return (question.whole && target.provider.answer?.(call)) || target.provider.chat(call);
    },
    usageOf: (part) => {
      if (part.type !== 'finished') return undefined;
      return part.usageKnown === false ? 'unknown' : billed(part);
    },
    partOf: (part, target, warnings) =>
      part.type === 'finished'
        ? { ...part, ...servedBy(target), warnings: [...plan.warnings, ...part.warnings, ...warnings] }
        : part,
  };
}

/** Vectors, as they are asked of whichever target serves. */
export function embedWork(question: EmbedQuestion, frame: Frame): Work<EmbedAnswer, Embeddings> {
  return wholeWork('embed', question, question.texts, frame, async (target, signal) => {
    const call = { ...question, model: target.model, deadlineUnixMs: 0, signal };
    const answer = await target.provider.embed?.(call);
    if (!answer) throw cannot(target, 'embedding');
    return answer;
  });
}

/** An order of documents, as it is asked of whichever target serves. */
export function rerankWork(question: RerankQuestion, frame: Frame): Work<RerankAnswer, Ranking> {
  // The query is read with every document.
  const texts = question.documents.map((document) => question.query + document);
  return wholeWork('rerank', question, texts, frame, async (target, signal) => {
    const call = { ...question, model: target.model, deadlineUnixMs: 0, signal };
    const answer = await target.provider.rerank?.(call);
    if (!answer) throw cannot(target, 'reranking');
    return answer;
  });
}

/** Work whose answer comes in one piece. */
function wholeWork<Answer extends TokenCounts & { readonly warnings: readonly string[] }>(
  operation: 'embed' | 'rerank',
  { spender, deadlineUnixMs }: EmbedQuestion | RerankQuestion,
  texts: readonly string[],
  { plan }: Frame,
  ask: (target: Target, signal: AbortSignal) => Promise<Answer>,
): Work<Answer & ServedBy, Answer> {
  const messages = texts.map((text) => ({ role: 'user', text }));
  return {
    patience: undefined,
    spender,
    // No request of this kind carries a key.
    billable: ({ mergesRepeats: _, ...served }) => ({
      ...served,
      spender,
      operation,
      route: plan.route,
      idempotencyKey: '',
      deadlineUnixMs,
      inputTokensAtMost: promptTokensAtMost({ ...served, messages }),
      outputTokensAtMost: 0,
    }),
    start: async (target, signal) => [await ask(target, signal)],
    usageOf: billed,
    partOf: (answer, target, warnings) => ({
      ...answer,
      ...servedBy(target),
      warnings: [...plan.warnings, ...answer.warnings, ...warnings],
    }),
  };
}

function servedBy({ provider, model }: Target): ServedBy {
  return { provider: provider.name, kind: provider.kind, model, cached: false };
}

/** The longest answer the caller allows, in tokens. */
function limitOf({ max_completion_tokens, max_tokens }: ChatQuestion['parameters']): number | undefined {
  const limit = max_completion_tokens ?? max_tokens;
  return typeof limit === 'number' ? limit : undefined;
}

function cannot({ provider }: Target, what: string): FailureError {
  const message = `The provider "${provider.name}" has no ${what} models. Name one that has.`;
  return FailureError.of('model_not_found', message, { field: 'model', details: { reached: false } });
}
