import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkGithubSignature, checkSignature } from './webhook-signature.js';

const body = Buffer.from('{"a":1}');
const now = 1_800_000_000_000;
const hmac = (text: string, secret = 's') => createHmac('sha256', secret).update(text).digest('hex');
const signed = (seconds: number, secret?: string) => ({
  'treadle-signature': `t=${seconds},v1=${hmac(`${seconds}.${body.toString()}`, secret)}`,
});
const check = (headers: Record<string, string>) => checkSignature(headers, body, 's', now);

describe('the signature of a webhook', () => {
  it.each([0, 300, -300])('holds %d s from now, and is named by itself', (offset) => {
    const seconds = now / 1000 + offset;
    expect(check(signed(seconds))).toEqual({ proof: hmac(`${seconds}.{"a":1}`) });
  });

  it.each([301, -301])('does not hold %d s from now', (offset) => {
    expect(check(signed(now / 1000 + offset))).toMatchObject({ problem: expect.stringContaining('300 s') });
  });

  it('may be one of several, while a secret is being changed', () => {
    const { 'treadle-signature': ours } = signed(now / 1000);
    expect(check({ 'treadle-signature': `${ours},v1=${hmac('other')}` })).toHaveProperty('proof');
  });

  it.each<[string, Record<string, string>]>([
    ['no signature', {}],
    ['another secret', signed(now / 1000, 'other')],
    ['another body', { 'treadle-signature': `t=${now / 1000},v1=${hmac(`${now / 1000}.{"a":2}`)}` }],
    ['another time', { 'treadle-signature': `t=${now / 1000 + 1},v1=${hmac(`${now / 1000}.{"a":1}`)}` }],
    ['no time', { 'treadle-signature': `v1=${hmac('.{"a":1}')}` }],
    ['half a signature', { 'treadle-signature': `t=${now / 1000},v1=${hmac(`${now / 1000}.{"a":1}`).slice(0, 32)}` }],
    ['a signature of GitHub', { 'x-hub-signature-256': `sha256=${hmac('{"a":1}')}` }],
  ])('refuses %s', (_, headers) => {
    expect(check(headers)).toHaveProperty('problem');
  });
});

describe('the signature of GitHub', () => {
  const checkGithub = (headers: Record<string, string>) => checkGithubSignature(headers, body, 's');

  it('holds for its body, and is named by it', () => {
    expect(checkGithub({ 'x-hub-signature-256': `sha256=${hmac('{"a":1}')}` })).toEqual({ proof: hmac('{"a":1}') });
  });

  it.each<[string, Record<string, string>]>([
    ['no signature', signed(now / 1000)],
    ['another body', { 'x-hub-signature-256': `sha256=${hmac('{"a":2}')}` }],
    ['an older method', { 'x-hub-signature-256': `sha1=${hmac('{"a":1}')}` }],
  ])('refuses %s', (_, headers) => {
    expect(checkGithub(headers)).toHaveProperty('problem');
  });
});
