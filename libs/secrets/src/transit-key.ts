import { createHash } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import type { KeyEncryptionKey } from './key-encryption-keys.js';

const timeoutMs = 5000;
const form = /^transit\+(https?:)\/\/([^@/]+)@([^/]+)\/(.+)\/([\w.-]+)$/;

/**
 * A key of a key management service with the API of Vault's transit engine (OpenBao's is the same). Data keys are sent there to be wrapped
 * and unwrapped once for each tenant and process.
 * @returns undefined for a text that is no such address.
 */
export function transitKey(text: string): KeyEncryptionKey | undefined {
  const [, protocol, token, host, mount, name] = form.exec(text) ?? [];
  if (!protocol || !token || !host || !mount || !name) return undefined;
  const address = `${protocol}//${host}/v1/${mount}`;
  const ask = (verb: string, body: object) => post(`${address}/${verb}/${name}`, decodeURIComponent(token), body);
  return {
    id: createHash('sha256').update(`treadle-transit ${address}/${name}`).digest('hex').slice(0, 16),
    wrap: async (dataKey, additionalData) => {
      const answer = await ask('encrypt', { plaintext: dataKey.toString('base64'), ...associated(additionalData) });
      if (!answer?.ciphertext) throw away('it did not wrap the key');
      return Buffer.from(answer.ciphertext);
    },
    unwrap: async (wrapped, additionalData) => {
      const answer = await ask('decrypt', { ciphertext: wrapped.toString(), ...associated(additionalData) });
      return answer?.plaintext === undefined ? undefined : Buffer.from(answer.plaintext, 'base64');
    },
  };
}

const associated = (text: string) => ({ associated_data: Buffer.from(text).toString('base64') });

interface Answer {
  readonly ciphertext?: string;
  readonly plaintext?: string;
}

/** Undefined where the service says that the input is wrong. */
async function post(url: string, token: string, body: object): Promise<Answer | undefined> {
  const headers = { 'x-vault-token': token, 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(timeoutMs);
  const request = { method: 'POST', headers, body: JSON.stringify(body), redirect: 'error', signal } as const;
  const answer = await fetch(url, request).catch((error: unknown) => {
    throw away('it cannot be reached', error);
  });
  if (answer.status === 400) return undefined;
  if (!answer.ok) throw away(`it answered ${answer.status}`);
  return ((await answer.json()) as { readonly data: Answer }).data;
}

function away(why: string, cause?: unknown): FailureError {
  return FailureError.of('unavailable', `The key management service could not be used: ${why}.`, {}, { cause });
}
