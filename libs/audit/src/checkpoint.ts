import { createPublicKey, type JsonWebKey, type KeyObject, sign, verify } from 'node:crypto';
import type { ChainPoint } from './chain.js';
import { BrokenChain } from './verify.js';

/** A point of a tenant's chain, and when it was its end. Signed, it holds the chain to what it was. */
export interface Checkpoint extends ChainPoint {
  readonly tenant: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** A public Ed25519 key with its name. */
export type CheckpointKey = JsonWebKey & { readonly kid: string };

const type = 'treadle-audit-checkpoint';

/** A compact JWS (RFC 7515) with EdDSA. */
export function signCheckpoint(checkpoint: Checkpoint, kid: string, privateKey: KeyObject): string {
  const text = `${encode({ alg: 'EdDSA', typ: type, kid })}.${encode(checkpoint)}`;
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
}

/** @throws BrokenChain where none of the keys has signed it, or it is of another tenant. */
export function openCheckpoint(signed: string, tenant: string, keys: readonly CheckpointKey[]): Checkpoint {
  const [header = '', payload = '', signature = ''] = signed.split('.');
  const { alg, typ, kid } = decode(header) as { alg?: string; typ?: string; kid?: string };
  const key = alg === 'EdDSA' && typ === type ? keys.find((one) => one.kid === kid) : undefined;
  const known = key && createPublicKey({ key, format: 'jwk' });
  const bytes = Buffer.from(signature, 'base64url');
  const checkpoint = decode(payload) as Checkpoint;
  if (known && verify(null, Buffer.from(`${header}.${payload}`), known, bytes) && checkpoint.tenant === tenant)
    return checkpoint;
  throw new BrokenChain('A checkpoint was not signed by a key of the installation for this chain.', 0, 'forged');
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function decode(text: string): object {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
