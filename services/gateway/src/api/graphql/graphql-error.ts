import { type Failure, FailureError, failure, toFailure } from '@treadle/failure';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { errorBody } from '../errors/error-body.js';

/** A failure as GraphQL shows it: what the body of a REST error says stands in the extensions. */
export function failedAnswer(found: Failure, requestId: string) {
  const { message, ...extensions } = errorBody(found, requestId);
  return { status: extensions.status, body: { errors: [{ message, extensions }] } };
}

/** Something went wrong that nobody foresaw. */
export type OnBug = (error: unknown) => void;

/** An error as it is sent. What our own code threw unexpectedly stays in the log. */
export function formatError(error: GraphQLError, requestId: string, onBug: OnBug): GraphQLFormattedError {
  const { locations, path, extensions: given } = error;
  if (typeof given['code'] === 'string') return { message: error.message, extensions: given };
  const { message, ...extensions } = errorBody(failureOf(error, onBug), requestId);
  return {
    message,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions,
  };
}

function failureOf(error: GraphQLError, onBug: OnBug): Failure {
  const { originalError } = error;
  if (originalError instanceof FailureError) return originalError.failure;
  // Without a path it was found before anything was read, and so it is the document's or the variables' own.
  if (!originalError && !error.path) return failure('invalid_argument', error.message, { field: 'query' });
  onBug(originalError ?? error);
  return toFailure(originalError ?? error);
}
