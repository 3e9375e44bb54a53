import type {
  ChatRequest,
  ChatResponse,
  EmbedRequest,
  EmbedResponse,
  ListModelsRequest,
  ListModelsResponse,
  ModelServiceService,
  RerankRequest,
  RerankResponse,
  ResolveModelRequest,
  ResolveModelResponse,
} from '@treadle/contracts';
import { failureKind, toFailure } from '@treadle/failure';
import { type CallOptions, type Handlers, Whole } from '@treadle/grpc';
import type { Pipeline } from '../domain/pipeline.js';
import type { TokenCounts } from '../domain/provider.js';
import type { ServedBy } from '../domain/question.js';
import { resolveModel } from '../domain/resolve-model.js';
import type { Catalog } from '../domain/tenant-models.js';
import { wantedOf } from './asking.js';
import { toChatQuestion } from './chat-request.js';
import { toChatResponse, toUsage } from './chat-response.js';
import { toEmbedQuestion, toRerankQuestion } from './embed-request.js';

/** Where the service writes what an operator should know. A pino logger is one. */
export interface ModelProxyLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

type Identified = Pick<ChatRequest, 'runId' | 'nodeKey' | 'traceparent' | 'model' | 'route'>;

/** The model service, for callers in this process or over gRPC. */
export class ModelController implements Handlers<typeof ModelServiceService> {
  constructor(
    private readonly pipeline: Pipeline,
    private readonly catalog: Catalog,
    /** `provider/model` or a model; empty for none. */
    private readonly defaultModel: string,
    private readonly log: ModelProxyLog,
  ) {}

  chat(request: ChatRequest, options: CallOptions = {}): AsyncIterable<ChatResponse> {
    return request.whole ? new Whole(() => this.answer(request, options)) : this.stream(request, options);
  }

  private async answer(request: ChatRequest, options: CallOptions): Promise<ChatResponse[]> {
    const entry = this.entry(request, options);
    try {
      const parts = await this.pipeline.answer(toChatQuestion(request, options.signal));
      const last = parts.at(-1);
      if (last?.type === 'finished') entry.answered(last, { finishReason: last.finishReason });
      return parts.map(toChatResponse);
    } catch (error) {
      entry.failed(error);
      throw error;
    }
  }

  private async *stream(request: ChatRequest, options: CallOptions): AsyncGenerator<ChatResponse> {
    const entry = this.entry(request, options);
    try {
      for await (const part of this.pipeline.chat(toChatQuestion(request, options.signal))) {
        if (part.type === 'finished') entry.answered(part, { finishReason: part.finishReason });
        yield toChatResponse(part);
      }
    } catch (error) {
      entry.failed(error);
      throw error;
    }
  }

  async embed(request: EmbedRequest, options: CallOptions = {}): Promise<EmbedResponse> {
    const entry = this.entry(request, options);
    try {
      const answer = await this.pipeline.embed(toEmbedQuestion(request, options.signal));
      entry.answered(answer, { texts: request.texts.length });
      const embeddings = answer.vectors.map((values) => ({ values: [...values] }));
      return { embeddings, usage: toUsage(answer), warnings: [...answer.warnings] };
    } catch (error) {
      entry.failed(error);
      throw error;
    }
  }

  async rerank(request: RerankRequest, options: CallOptions = {}): Promise<RerankResponse> {
    const entry = this.entry(request, options);
    try {
      const answer = await this.pipeline.rerank(toRerankQuestion(request, options.signal));
      entry.answered(answer, { documents: request.documents.length });
      return { ranking: [...answer.ranking], usage: toUsage(answer), warnings: [...answer.warnings] };
    } catch (error) {
      entry.failed(error);
      throw error;
    }
  }

  async resolveModel({ tenantId, model }: ResolveModelRequest): Promise<ResolveModelResponse> {
    const { registry } = await this.catalog.of(tenantId);
    const resolution = await resolveModel(registry, this.defaultModel, wantedOf({ model }));
    if (!resolution.served) return { servedBy: undefined, warning: resolution.failure.message };
    const servedBy = { provider: resolution.provider.name, model: resolution.model };
    return { servedBy, warning: resolution.warning ?? '' };
  }

  async listModels({ tenantId }: ListModelsRequest): Promise<ListModelsResponse> {
    const { registry, routes } = await this.catalog.of(tenantId);
    const lists = await Promise.all(
      registry.providers.map(async (provider) => {
        const list = await registry.list(provider);
        const models = list.state === 'known' ? list.models : [];
        return models.map((model) => ({ provider: provider.name, model }));
      }),
    );
    return { models: lists.flat(), routes: [...routes.keys()].sort() };
  }

  /** One call in the log. The world's trouble is worth a warning; the caller's mistakes are told to the caller; bugs are logged at the edge. */
  private entry(request: Identified, { traceparent = request.traceparent }: CallOptions) {
    const startedAt = performance.now();
    const { runId, nodeKey, route } = request;
    const facts = { runId, nodeKey, traceparent, ...(route && { route }) };
    const elapsed = () => ({ durationMs: Math.round(performance.now() - startedAt) });
    return {
      answered: ({ provider, model, inputTokens, outputTokens, cached }: TokenCounts & ServedBy, more: object) => {
        const summary = { provider, model, inputTokens, outputTokens, cached };
        this.log.info({ ...facts, ...summary, ...more, ...elapsed() }, 'a model answered');
      },
      failed: (error: unknown) => {
        const { code, message } = toFailure(error);
        if (failureKind(code) !== 'world') return;
        this.log.warn({ ...facts, ...request.model, ...elapsed(), code, reason: message }, 'a model did not answer');
      },
    };
  }
}
