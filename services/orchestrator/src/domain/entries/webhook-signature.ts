import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the time in a signature may be from ours, in seconds. */
const toleranceSeconds = 300;

/** A signature that holds, named so that it is taken once; or what is wrong, as a sentence for the sender. */
export type SignatureCheck = { readonly proof: string } | { readonly problem: string };

/**
 * Checks `Treadle-Signature: t=<unix seconds>,v1=<hex>`, an HMAC-SHA256 over `<t>.<body>`. It names its second, so that nobody can send the
 * request again later.
 * @param headers by name in lower case
 * @param now milliseconds since the epoch
 */
export function checkSignature(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  secret: string,
  now: number,
): SignatureCheck {
  const header = headers['treadle-signature'];
  if (header === undefined)
    return {
      problem: 'The request is not signed. Send Treadle-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of t.body>',
    };
  const parts = header.split(',').map((part) => part.trim());
  const time = parts.find((part) => /^t=\d{1,12}$/.test(part))?.slice(2);
  if (time === undefined) return { problem: 'Treadle-Signature has no time: begin it with t=<unix seconds>' };
  const expected = hmac(secret, `${time}.`, body);
  if (!parts.some((part) => part.startsWith('v1=') && isSame(part.slice(3), expected))) return wrong;
  // Only after the signature: nobody without the secret learns anything about our clock.
  if (Math.abs(now / 1000 - Number(time)) > toleranceSeconds)
    return {
      problem: `The time in Treadle-Signature is more than ${toleranceSeconds} s from now. Sign each request anew`,
    };
  return { proof: expected };
}

/**
 * Checks GitHub's `X-Hub-Signature-256: sha256=<hex>`, an HMAC-SHA256 over the body. It names no time and no delivery, so two requests of one
 * body have one proof.
 * @param headers by name in lower case
 */
export function checkGithubSignature(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  secret: string,
): SignatureCheck {
  const header = headers['x-hub-signature-256'];
  if (header === undefined) return { problem: 'The request is not signed. Send X-Hub-Signature-256, as GitHub does' };
  const expected = hmac(secret, '', body);
  return header.startsWith('sha256=') && isSame(header.slice(7), expected) ? { proof: expected } : wrong;
}

const wrong: SignatureCheck = {
  problem: "The signature does not fit the body and the webhook's secret",
};

function hmac(secret: string, prefix: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(prefix).update(body).digest('hex');
}

/** Takes as long for a near miss as for a far one. */
function isSame(given: string, expected: string): boolean {
  const bytes = Buffer.from(given.toLowerCase());
  return bytes.length === expected.length && timingSafeEqual(bytes, Buffer.from(expected));
}
