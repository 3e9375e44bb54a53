import { FailureError } from '@treadle/failure';

const part = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

/**
 * Checks a key: two to six parts of letters, digits, `.`, `_` and `-`, separated by slashes, none of which begins with a dot. So no
 * key leads out of a folder or names what a store keeps for itself.
 * @throws FailureError `invalid_argument`.
 */
export function checkKey(key: string): void {
  const parts = key.split('/');
  if (parts.length >= 2 && parts.length <= 6 && parts.every((name) => part.test(name))) return;
  throw FailureError.of('invalid_argument', `"${key.slice(0, 100)}" is no key of a stored file.`, { field: 'key' });
}

/** Whether a text may stand alone as one part of a key. */
export function isKeyPart(text: string): boolean {
  return part.test(text);
}
