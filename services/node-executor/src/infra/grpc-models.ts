import type { ChatRequest, ChatResponse, ModelServiceService, Task } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import type { ChatPart, ChatQuestion, Models } from '@treadle/nodes';
import { effectKey } from '../domain/effect-key.js';
import { toChatRequest } from './chat-request.js';

/** The model service, in another process or in this one. */
export type ModelService = Pick<Handlers<typeof ModelServiceService>, 'chat'>;

/** Asks models on behalf of one task. */
export class GrpcModels implements Models {
  constructor(
    private readonly service: ModelService,
    private readonly task: Task,
    private readonly signal: AbortSignal,
  ) {}

  async *chat(question: ChatQuestion): AsyncIterable<ChatPart> {
    const { traceparent } = this.task;
    const options = traceparent ? { signal: this.signal, traceparent } : { signal: this.signal };
    let last: ChatPart | undefined;
    // To the very end: a stream that is left before costs the service a cancelled call.
    for await (const response of this.service.chat(this.#request(question), options)) {
      const part = toPart(response, question);
      if (part?.type === 'finished') last = part;
      else if (part) yield part;
    }
    if (last) yield last;
    else
      throw FailureError.of(
        'provider_stream_cut',
        `The answer of the model ${question.model} broke off before its end. Try again.`,
      );
  }

  #request(question: ChatQuestion): ChatRequest {
    const { tenantId, workflowId, runId, nodeKey, deadlineUnixMs, traceparent } = this.task;
    return {
      ...toChatRequest(question),
      tenantId,
      workflowId,
      runId,
      nodeKey,
      deadlineUnixMs,
      traceparent,
      idempotencyKey: effectKey(this.task),
    };
  }
}

/** A part of a newer service that this one does not know is left out. */
function toPart({ part }: ChatResponse, question: ChatQuestion): ChatPart | undefined {
  switch (part?.$case) {
    case 'text':
      return { type: 'text', text: part.value };
    case 'reasoning':
      return { type: 'reasoning', text: part.value };
    case 'toolCall':
      return { type: 'toolCall', ...part.value };
    case 'finished': {
      const { finishReason, usage, warnings } = part.value;
      return {
        type: 'finished',
        finishReason,
        inputTokens: usage?.inputTokens ?? 0,
        outputTokens: usage?.outputTokens ?? 0,
        cachedInputTokens: usage?.cachedInputTokens ?? 0,
        reasoningTokens: usage?.reasoningTokens ?? 0,
        cached: usage?.cached ?? false,
        provider: usage?.provider ?? question.provider,
        model: usage?.model ?? question.model,
        warnings,
      };
    }
    case undefined:
      return undefined;
  }
}
