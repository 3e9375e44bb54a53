import type { EmbedRequest, RerankRequest } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { EmbedQuestion, RerankQuestion } from '../domain/question.js';
import { spenderOf, wantedOf } from './asking.js';

/** What a client wants turned into vectors, checked. Throws `invalid_argument` with the field at fault. */
export function toEmbedQuestion(request: EmbedRequest, signal: AbortSignal | undefined): EmbedQuestion {
  const { texts, dimensions, purpose, deadlineUnixMs, route } = request;
  if (texts.length === 0) throw invalid('texts', 'There is no text to turn into a vector.');
  if (purpose !== '' && purpose !== 'document' && purpose !== 'query')
    throw invalid('purpose', `"${purpose}" is no purpose of a vector: document or query is.`);
  const asking = { spender: spenderOf(request), wanted: wantedOf(request), route };
  return { ...asking, texts, dimensions, purpose, deadlineUnixMs, ...(signal && { signal }) };
}

/** What a client wants in order, checked. Throws `invalid_argument` with the field at fault. */
export function toRerankQuestion(request: RerankRequest, signal: AbortSignal | undefined): RerankQuestion {
  const { query, documents, top, deadlineUnixMs, route } = request;
  if (documents.length === 0) throw invalid('documents', 'There is no document to put in order.');
  const asking = { spender: spenderOf(request), wanted: wantedOf(request), route };
  return { ...asking, query, documents, top, deadlineUnixMs, ...(signal && { signal }) };
}

function invalid(field: string, message: string): FailureError {
  return FailureError.of('invalid_argument', message, { field });
}
