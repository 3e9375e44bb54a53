import { FailureError } from '@treadle/failure';
import type { Work } from './attempt.js';
import { type AttemptsOptions, attempts } from './attempts.js';
import { CallSignal } from './call-signal.js';
import { type ChatWork, chatWork, embedWork, rerankWork } from './call-work.js';
import { Flights } from './flights.js';
import type { MoneyGate } from './money-gate.js';
import { type CallPlan, digest, type Planning, planCall } from './plan-call.js';
import { billed } from './probe.js';
import { type Emit, pulled } from './pulled.js';
import type {
  Asking,
  ChatPart,
  ChatQuestion,
  EmbedAnswer,
  EmbedQuestion,
  RerankAnswer,
  RerankQuestion,
} from './question.js';
import type { ResponseCache } from './response-cache.js';
import { RetryBudget } from './retry-budget.js';
import { likelyTokens } from './route-rules.js';
import type { Targets } from './target.js';
import type { Catalog } from './tenant-models.js';
import type { Patience } from './watched.js';

/** Seconds for which an answer may be given again where a call asks for it without a number. */
const defaultTtlSeconds = 3_600;

export interface PipelineParts {
  readonly catalog: Catalog;
  readonly targets: Targets;
  /** `provider/model` or a model; empty for none. */
  readonly defaultModel: string;
  readonly money: MoneyGate;
  readonly cache: ResponseCache;
  readonly patience: Patience;
  /** Milliseconds a call may take that came without a deadline. */
  readonly totalMs: number;
  readonly budget?: RetryBudget;
  readonly random?: () => number;
}

/**
 * What happens to a call on its way from a client to a provider and back: its targets are chosen; an earlier or a concurrent answer
 * to the same question serves where that is allowed; else targets are asked one after the other, each with its money, its breaker and
 * its limit. Throws `FailureError`.
 */
export class Pipeline {
  private readonly flights = new Flights<ChatPart>();
  private readonly options: AttemptsOptions;

  constructor(private readonly parts: PipelineParts) {
    const { money, budget = new RetryBudget(), random = Math.random } = parts;
    this.options = { money, budget, random };
  }

  chat(question: ChatQuestion): AsyncGenerator<ChatPart> {
    const call: Leavable = {};
    return pulled<ChatPart>(
      (emit) => this.ask(question, emit, call),
      () => call.leave?.(),
    );
  }

  /** All parts of an answer that is not needed piece by piece. */
  async answer(question: ChatQuestion): Promise<readonly ChatPart[]> {
    const parts: ChatPart[] = [];
    await this.ask(question, (part) => void parts.push(part), {});
    return parts;
  }

  async embed(question: EmbedQuestion): Promise<EmbedAnswer> {
    const plan = await this.plan({
      operation: 'embed',
      asking: question,
      key: () => '',
      hint: '',
      likelyTokens: () => 0,
    });
    return await this.single(question, plan, embedWork(question, { plan }));
  }

  async rerank(question: RerankQuestion): Promise<RerankAnswer> {
    const plan = await this.plan({
      operation: 'rerank',
      asking: question,
      key: () => '',
      hint: '',
      likelyTokens: () => 0,
    });
    return await this.single(question, plan, rerankWork(question, { plan }));
  }

  private plan(planning: Omit<Planning, 'budgetUsed'>): CallPlan | Promise<CallPlan> {
    const { catalog, targets, defaultModel, money } = this.parts;
    const { spender } = planning.asking;
    const { operation, asking, key, hint, likelyTokens } = planning;
    const facts = { operation, asking, key, hint, likelyTokens, budgetUsed: () => money.shareUsed(spender) };
    const models = catalog.of(spender.tenantId);
    if (models instanceof Promise) return models.then((read) => planCall(read, targets, defaultModel, facts));
    return planCall(models, targets, defaultModel, facts);
  }

  private async ask(question: ChatQuestion, emit: Emit<ChatPart>, call: Leavable): Promise<void> {
    const key = () => question.routingKey || `${question.spender.tenantId} ${asked(question)}`;
    const plan = await this.plan({
      operation: 'chat',
      asking: question,
      key,
      hint: question.hint,
      likelyTokens: () => likelyTokens(question.messages),
    });
    const work = chatWork(question, question.whole ? { plan } : { plan, patience: this.patience(plan) });
    using stop = this.signal(question, plan);
    call.leave = () => stop.giveUp(FailureError.of('cancelled', 'The answer of the model is not read on.'));
    try {
      const ttlSeconds = ttlOf(question, plan);
      if (ttlSeconds === 0) await this.run(plan, work, stop.signal, emit);
      else await this.shared(question, plan, work, ttlSeconds, stop.signal, emit);
    } catch (error) {
      throw stop.explain(error);
    }
  }

  private run(plan: CallPlan, work: ChatWork, signal: AbortSignal, emit: Emit<ChatPart>): Promise<void> {
    this.options.budget.offered();
    return attempts(plan, work, this.options, signal, emit);
  }

  /** From the cache, or from a call that others with the same question follow too. */
  private async shared(
    question: ChatQuestion,
    plan: CallPlan,
    work: ChatWork,
    ttlSeconds: number,
    signal: AbortSignal,
    emit: Emit<ChatPart>,
  ): Promise<void> {
    const { cache } = this.parts;
    const { tenantId } = question.spender;
    const key = digest([plan.targets.map(({ name }) => name).sort(), asked(question)]);
    const free = new FreeAnswers(this.parts.money, work);
    const kept = await cache.get(tenantId, key);
    if (kept) {
      for (const part of kept) await emit(free.marked(part));
      return;
    }
    // Whoever leads may leave: the flight itself says when nobody is there any more.
    const start = (all: AbortSignal) =>
      pulled<ChatPart>(
        (push) => this.run(plan, work, all, push),
        () => undefined,
      );
    const { flight, leads } = this.flights.join(`${tenantId} ${key}`, start, (parts) =>
      cache.set(tenantId, key, joined(parts), ttlSeconds),
    );
    for await (const part of flight.follow(signal)) await emit(leads ? part : free.marked(part));
  }

  private async single<Answer, Told>(asking: Timed, plan: CallPlan, work: Work<Answer, Told>): Promise<Answer> {
    using stop = this.signal(asking, plan);
    this.options.budget.offered();
    let answer: Answer | undefined;
    try {
      await attempts(plan, work, this.options, stop.signal, (whole) => {
        answer = whole;
      });
    } catch (error) {
      throw stop.explain(error);
    }
    if (answer !== undefined) return answer;
    throw FailureError.of('provider_stream_cut', 'The provider ended without an answer. Try again.');
  }

  private signal({ signal, deadlineUnixMs }: Timed, { rules }: CallPlan): CallSignal {
    const ownMs = Date.now() + (rules?.deadlines.total_ms ?? this.parts.totalMs);
    return new CallSignal(signal, deadlineUnixMs > 0 ? Math.min(deadlineUnixMs, ownMs) : ownMs);
  }

  private patience({ rules }: CallPlan): Patience {
    const { firstTokenMs, silenceMs } = this.parts.patience;
    const { first_token_ms = firstTokenMs, silence_ms = silenceMs } = rules?.deadlines ?? {};
    return { firstTokenMs: first_token_ms, silenceMs: silence_ms };
  }
}

/** A call that its reader may leave before its end. */
interface Leavable {
  leave?: () => void;
}

type Timed = Asking & { readonly signal?: AbortSignal; readonly deadlineUnixMs: number };

/** Everything about a question that its answer depends on, except who serves it. */
function asked({ messages, parameters, tools, toolChoice, responseFormat, reasoning }: ChatQuestion): string {
  return digest([messages, parameters, tools, toolChoice, responseFormat, reasoning]);
}

function ttlOf({ cache }: ChatQuestion, { rules }: CallPlan): number {
  const ofRoute = rules?.cache.ttl_seconds ?? 0;
  if (!cache) return ofRoute;
  return cache.enabled ? cache.ttlSeconds || ofRoute || defaultTtlSeconds : 0;
}

/** Neighbours of one kind as one part. */
function joined(parts: readonly ChatPart[]): readonly ChatPart[] {
  const result: ChatPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last?.type === 'text' && part.type === 'text')
      result[result.length - 1] = { ...last, text: last.text + part.text };
    else if (last?.type === 'reasoning' && part.type === 'reasoning')
      result[result.length - 1] = { ...last, text: last.text + part.text };
    else result.push(part);
  }
  return result;
}

/** Gives answers that nobody pays for, marked as such. */
class FreeAnswers {
  private readonly startedAt = performance.now();

  constructor(
    private readonly money: MoneyGate,
    private readonly work: ChatWork,
  ) {}

  marked(part: ChatPart): ChatPart {
    if (part.type !== 'finished') return part;
    const latencyMs = performance.now() - this.startedAt;
    const { provider, kind, model } = part;
    const call = this.work.billable({ provider, kind, model });
    this.money.recordFree({ call, usage: billed(part), latencyMs, firstTokenMs: latencyMs });
    return { ...part, cached: true };
  }
}
