import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the time in a signature may be from ours, in seconds. */
const toleranceSeconds = 300;

/** A signature that holds, named so that it is taken once; or what is wrong, as a sentence for the sender. */
export type SignatureCheck = { readonly proof: string } | { readonly problem: string };

/**
 * Checks that a request was signed with a secret: `Treadle-Signature: t=<unix seconds>,v1=<hex>` over `<t>.<body>`, or GitHub's
 * `X-Hub-Signature-256: sha256=<hex>` over the body. GitHub signs no time, so such a request is taken once for ever.
 * @param headers by name in lower case
 * @param now milliseconds since the epoch
 */
export function checkSignature(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  secret: string,
  now: number,
): SignatureCheck {
  const ours = headers['treadle-signature'];
  if (ours !== undefined) return checkTimed(ours, body, secret, now);
  const theirs = headers['x-hub-signature-256'];
  if (theirs !== undefined) return checkUntimed(theirs, body, secret);
  return {
    problem: 'The request is not signed. Send Treadle-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of t.body>',
  };
}

function checkTimed(header: string, body: Uint8Array, secret: string, now: number): SignatureCheck {
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

function checkUntimed(header: string, body: Uint8Array, secret: string): SignatureCheck {
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
