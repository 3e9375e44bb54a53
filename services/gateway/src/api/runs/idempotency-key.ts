import { FailureError } from '@treadle/failure';

/** The header `Idempotency-Key`, empty when there is none. @throws FailureError `invalid_argument` */
export function checkedKey(key: string | undefined): string {
  if (key === undefined) return '';
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw FailureError.of('invalid_argument', 'Idempotency-Key is not 1 to 255 visible ASCII characters.', {
    field: 'Idempotency-Key',
  });
}
