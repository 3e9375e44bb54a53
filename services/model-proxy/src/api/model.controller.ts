import type {
  ChatRequest,
  ChatResponse,
  ListModelsRequest,
  ListModelsResponse,
  ModelServiceService,
  ResolveModelRequest,
  ResolveModelResponse,
} from '@treadle/contracts';
import { FailureError, failureKind, toFailure } from '@treadle/failure';
import type { CallOptions, Handlers } from '@treadle/grpc';
import { type ChatPart, chat } from '../domain/chat.js';
import type { Registry } from '../domain/registry.js';
import { resolveModel } from '../domain/resolve-model.js';

type FinishedPart = Extract<ChatPart, { type: 'finished' }>;

/** Where the service writes what an operator should know. A pino logger is one. */
export interface ModelProxyLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** The model service, for callers in this process or over gRPC. */
export class ModelController implements Handlers<typeof ModelServiceService> {
  constructor(
    private readonly registry: Registry,
    /** `provider/model` or a model; empty for none. */
    private readonly defaultModel: string,
    private readonly log: ModelProxyLog,
  ) {}

  async *chat(request: ChatRequest, options: CallOptions = {}): AsyncGenerator<ChatResponse> {
    const startedAt = performance.now();
    const facts = {
      runId: request.runId,
      nodeKey: request.nodeKey,
      traceparent: options.traceparent ?? request.traceparent,
    };
    const elapsed = () => ({ durationMs: Math.round(performance.now() - startedAt) });
    try {
      for await (const part of chat(this.registry, this.defaultModel, toQuestion(request, options.signal))) {
        if (part.type === 'finished') this.log.info({ ...facts, ...summary(part), ...elapsed() }, 'a model answered');
        yield toResponse(part);
      }
    } catch (error) {
      this.logFailure(error, { ...facts, ...request.model, ...elapsed() });
      throw error;
    }
  }

  async resolveModel({ model }: ResolveModelRequest): Promise<ResolveModelResponse> {
    const wanted = { provider: model?.provider ?? '', model: model?.model ?? '' };
    const resolution = await resolveModel(this.registry, this.defaultModel, wanted);
    if (!resolution.served) return { servedBy: undefined, warning: resolution.failure.message };
    const servedBy = { provider: resolution.provider.name, model: resolution.model };
    return { servedBy, warning: resolution.warning ?? '' };
  }

  async listModels(_request: ListModelsRequest): Promise<ListModelsResponse> {
    const lists = await Promise.all(
      this.registry.providers.map(async (provider) => {
        const list = await this.registry.list(provider);
        const models = list.state === 'known' ? list.models : [];
        return models.map((model) => ({ provider: provider.name, model }));
      }),
    );
    return { models: lists.flat() };
  }

  /** The world's trouble is worth a warning; the caller's mistakes are told to the caller; bugs are logged at the edge. */
  private logFailure(error: unknown, facts: object): void {
    const { code, message } = toFailure(error);
    if (failureKind(code) === 'world') this.log.warn({ ...facts, code, reason: message }, 'a model did not answer');
  }
}

function toQuestion(request: ChatRequest, signal: AbortSignal | undefined) {
  return {
    model: { provider: request.model?.provider ?? '', model: request.model?.model ?? '' },
    messages: request.messages,
    parameters: parseParameters(request.parametersJson),
    idempotencyKey: request.idempotencyKey,
    deadlineUnixMs: request.deadlineUnixMs,
    ...(signal && { signal }),
  };
}

function parseParameters(json: string): Record<string, unknown> {
  if (!json) return {};
  const parameters = parseJson(json);
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters))
    throw FailureError.of('invalid_argument', 'The settings of the model must be a JSON object.', {
      field: 'parameters',
    });
  return { ...parameters };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function summary({ provider, model, inputTokens, outputTokens, finishReason }: FinishedPart) {
  return { provider, model, inputTokens, outputTokens, finishReason };
}

function toResponse(part: ChatPart): ChatResponse {
  if (part.type !== 'finished') return { part: { $case: part.type, value: part.text } };
  const { finishReason, inputTokens, outputTokens, provider, model, warnings } = part;
  const usage = { inputTokens, outputTokens, provider, model };
  return { part: { $case: 'finished', value: { finishReason, usage, warnings: [...warnings] } } };
}
