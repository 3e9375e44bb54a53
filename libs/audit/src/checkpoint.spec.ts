import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { chainStart } from './chain.js';
import { openCheckpoint, signCheckpoint } from './checkpoint.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = { ...publicKey.export({ format: 'jwk' }), kid: 'k' };
const checkpoint = { ...chainStart('acme'), tenant: 'acme', at: '2030-01-01T00:00:00.000Z' };
const signed = signCheckpoint(checkpoint, 'k', privateKey);

it('opens for the key and the tenant it was signed for', () => {
  expect(openCheckpoint(signed, 'acme', [key])).toEqual(checkpoint);
});

it.each([
  ['of another tenant', signed, 'other', [key]],
  ['of an unknown key', signed, 'acme', []],
  [
    'of another key by that name',
    signCheckpoint(checkpoint, 'k', generateKeyPairSync('ed25519').privateKey),
    'acme',
    [key],
  ],
  [
    'with another payload',
    signed.replace(/\.[^.]+\./, `.${Buffer.from('{"tenant":"acme"}').toString('base64url')}.`),
    'acme',
    [key],
  ],
  ['without a signature', signed.replace(/[^.]+$/, ''), 'acme', [key]],
  ['that is none', 'nonsense', 'acme', [key]],
])('refuses one %s', (_, text, tenant, keys) => {
  expect(() => openCheckpoint(text, tenant, keys)).toThrow('not signed by a key');
});
