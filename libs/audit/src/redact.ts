import { createHash } from 'node:crypto';
import { plain } from './canonical.js';
import type { AuditValue } from './entry.js';

/** Stands where a secret was. */
export const redacted = '[redacted]';

/** Longer texts are told by their hash: a document is in its own place, and a log is not a copy of it. */
const maxTextLength = 2000;
/** Most bytes of one value. */
const maxBytes = 16 * 1024;
const maxDepth = 12;

const secretName =
  /secret|passw|pwd|passphrase|token|credential|api[-_ ]?key|access[-_ ]?key|private|signature|authorization|bearer|cookie|session[-_]?id|connection[-_]?string|dsn|^key$|^auth$|^pin$|^otp$/i;
/** Maps whose names are anybody's choice and whose values are often secrets. */
const secretMap = /^(?:.*[-_])?(?:headers?|env|environment|environment_variables|cookies)$/i;
/** Counts of tokens, not tokens. */
const countName = /tokens/i;

const secretText = [
  /\b(?:tk|tr|ti|sk|pk|rk|ghp|gho|ghs|glpat|xox[abprs]|whsec)[-_][\w-]{8,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{6,}/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<=\/\/)[^\s/@:]*:[^\s/@]+(?=@)/g,
  /(?<=[?&](?:[\w-]*(?:key|token|secret|signature|password|sig)[\w-]*)=)[^&\s#]+/gi,
];
const longRun = /[\w+/=-]{32,}/g;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * What of a value may be kept for ever. Left out are everything under a name that sounds like a secret, the values of headers and of
 * environments, and texts that look like a credential wherever they are. Long texts become their hash.
 */
export function redact(value: unknown): AuditValue {
  const safe = redactValue(plain(value), '', 0);
  const json = JSON.stringify(safe);
  return Buffer.byteLength(json) <= maxBytes ? safe : digest(json);
}

function redactValue(value: AuditValue, name: string, depth: number): AuditValue {
  if (value === null || typeof value === 'boolean') return value;
  if (secretName.test(name) && !(typeof value === 'number' && countName.test(name))) return redacted;
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return redactText(value);
  if (depth >= maxDepth) return digest(JSON.stringify(value));
  if (isList(value)) return value.map((one) => redactValue(one, '', depth + 1));
  const hide = secretMap.test(name);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      redactText(key),
      hide && one !== null ? redacted : redactValue(one, key, depth + 1),
    ]),
  );
}

/** A text without what looks like a credential in it. */
export function redactText(text: string): string {
  if (text.length > maxTextLength) return digest(text);
  const known = secretText.reduce((rest, pattern) => rest.replace(pattern, redacted), text);
  return known.replace(longRun, (run) => (looksRandom(run) ? redacted : run));
}

/** Long, of mixed signs and no id: nothing that a person would write. */
function looksRandom(run: string): boolean {
  if (uuid.test(run)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(run)).length;
  return kinds === 3 || /^[0-9a-f]{32,}$/i.test(run);
}

function digest(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `[${text.length} characters, sha256 ${hash}…]`;
}

function isList(value: AuditValue): value is readonly AuditValue[] {
  return Array.isArray(value);
}
