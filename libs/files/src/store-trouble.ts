import { FailureError } from '@treadle/failure';

/** Runs a call of a store; errors that are no failures yet become `unavailable`. */
export async function withStore<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toUnavailable(error);
  }
}

/** The same for content that is still to be read. */
export async function* readingFrom(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw toUnavailable(error);
  }
}

function toUnavailable(error: unknown): FailureError {
  if (error instanceof FailureError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return FailureError.of(
    'unavailable',
    `The file store cannot be used: ${reason}. Look at FILES_URL.`,
    {},
    { cause: error },
  );
}
