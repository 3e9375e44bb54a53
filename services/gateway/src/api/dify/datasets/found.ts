import { FailureError } from '@treadle/failure';

/** What a service says it has found or done. */
export function told<T>(given: T | undefined): T {
  if (given !== undefined) return given;
  throw FailureError.of('internal', 'Retrieval did something and did not say what came of it.');
}
