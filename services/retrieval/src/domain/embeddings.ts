import { FailureError } from '@treadle/failure';
import type { VectorSpace } from './vector-store.js';

export interface ModelCall {
  readonly tenantId: string;
  readonly deadlineUnixMs: number;
  readonly runId: string;
  readonly nodeKey: string;
  readonly workflowId: string;
  readonly apiKeyId: string;
  readonly traceparent: string;
}

export interface NamedModel {
  /** Empty lets any provider that knows the model serve it. */
  readonly provider: string;
  readonly model: string;
}

/** A question to a chat model whose answer is JSON. */
export interface JsonQuestion {
  readonly system: string;
  readonly query: string;
  /** JSON schema of the answer; models that know none are told in words. */
  readonly schema: object;
  readonly timeoutMs: number;
}

/** What retrieval asks of models. */
export interface RetrievalModels {
  embed(
    call: ModelCall,
    model: Pick<VectorSpace, 'provider' | 'model'>,
    purpose: 'document' | 'query',
    texts: readonly string[],
  ): Promise<Float32Array[]>;
  /** Places among the texts with scores, best first. */
  rerank(
    call: ModelCall,
    model: NamedModel,
    query: string,
    texts: readonly string[],
  ): Promise<{ readonly index: number; readonly score: number }[]>;
  /** The text that a chat model answers with. Throws FailureError `deadline_exceeded` when it takes too long. */
  answer(call: ModelCall, model: NamedModel, question: JsonQuestion): Promise<string>;
}

/** A call that belongs to no run. */
export function callOf(tenantId: string, deadlineUnixMs: number): ModelCall {
  return { tenantId, deadlineUnixMs, runId: '', nodeKey: '', workflowId: '', apiKeyId: '', traceparent: '' };
}

/** Vectors for chunks; empty ones where there is no model. Throws FailureError `internal` when they do not fit the index. */
export async function embedChunks(
  models: RetrievalModels,
  tenantId: string,
  space: VectorSpace,
  texts: readonly string[],
): Promise<Float32Array[]> {
  if (space.model === '') return texts.map(() => new Float32Array(0));
  const vectors = await models.embed(callOf(tenantId, 0), space, 'document', texts);
  const wrong = vectors.find(({ length }) => space.dimensions > 0 && length !== space.dimensions);
  if (!wrong) return vectors;
  throw FailureError.of(
    'invalid_argument',
    `The model "${space.model}" makes vectors of ${wrong.length} numbers, where the dataset's have ${space.dimensions}. Set the dataset's model anew to index it again.`,
  );
}
