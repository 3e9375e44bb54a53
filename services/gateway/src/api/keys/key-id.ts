import { FailureError } from '@treadle/failure';

/** Numbers of the database only: nothing else names a key. */
export function keyId(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw FailureError.of('not_found', `There is no API key ${text.slice(0, 100)}.`, { field: 'id' });
}
