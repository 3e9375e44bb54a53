import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { eventually } from '../eventually.js';
import { type Attack, type AttackClass, parsed, refusedWith } from './attack.js';
import type { Site } from './site.js';

type Claims = Readonly<Record<string, unknown>>;

const part = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const partOf = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Claims;

/** What tokens are made of here: all of it right, as long as nothing is changed. */
export interface Mint {
  readonly header: Claims;
  readonly claims: Claims;
  readonly key: KeyObject;
  /** A good token as the product gave it. */
  readonly good: string;
  readonly refresh: string;
  /** The public part of the installation's own key. */
  readonly published: { readonly x: string; readonly kid: string };
}

/**
 * A key of ours among those that the installation believes, so that everything about a token can be wrong but its signature. It signs
 * nothing: it is older than the installation's own.
 */
export async function openMint(site: Site): Promise<Mint> {
  const { access_token: good, refresh_token: refresh } = await site.join('owner');
  const { publicKey, privateKey: key } = generateKeyPairSync('ed25519');
  const kid = `planted-${randomUUID()}`;
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' };
  const { keys } = parsed((await site.send({ path: '/.well-known/jwks.json' })).text) as { keys: Mint['published'][] };
  await site.database.ask(
    `insert into gateway.signing_key (kid, public_jwk, sealed_private, signs_from, signs_until, kept_until)
     values ($1, $2, '', 'epoch', 'epoch', now() + interval '1 day')`,
    [kid, JSON.stringify(jwk)],
  );
  const [published = { x: '', kid: '' }] = keys;
  const mint = { header: { ...partOf(good, 0), kid }, claims: partOf(good, 1), key, good, refresh, published };
  // Made as those below with everything right, so that they are refused for what is wrong with them.
  await eventually('a right token to be let in', async () => {
    const { status } = await site.send({ path: '/api/v1/auth/me', as: signed(mint) });
    return status === 200 || undefined;
  });
  return mint;
}

export function signed(mint: Mint, header: Claims = {}, claims: Claims = {}, key = mint.key): string {
  const text = `${part({ ...mint.header, ...header })}.${part({ ...mint.claims, ...claims })}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
}

function shared(
  mint: Mint,
  algorithm: 'sha256' | 'sha384' | 'sha512',
  secret: string | Buffer,
  header: Claims = {},
): string {
  const alg = `HS${algorithm.slice(3)}`;
  const text = `${part({ ...mint.header, alg, ...header })}.${part(mint.claims)}`;
  return `${text}.${createHmac(algorithm, secret).update(text).digest('base64url')}`;
}

/** Tokens with one thing wrong, each under what it is. */
export function wrongTokens(mint: Mint, otherOrganisation: string): Readonly<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000);
  const other = generateKeyPairSync('ed25519');
  const otherJwk = other.publicKey.export({ format: 'jwk' });
  const publicBytes = Buffer.from(mint.published.x, 'base64url');
  const pem = `-----BEGIN PUBLIC KEY-----\n${mint.published.x}\n-----END PUBLIC KEY-----\n`;
  const [head = '', body = '', signature = ''] = mint.good.split('.');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const rs256 = `${part({ ...mint.header, alg: 'RS256' })}.${part(mint.claims)}`;
  return {
    ...Object.fromEntries(
      ['none', 'None', 'NONE', 'nOnE', ''].map((alg) => [
        `alg "${alg}"`,
        `${part({ ...mint.header, alg })}.${part(mint.claims)}.`,
      ]),
    ),
    'alg none with the signature of another': `${part({ ...mint.header, alg: 'none' })}.${part(mint.claims)}.${signature}`,
    'alg missing': signed(mint, { alg: undefined }),
    'alg that is a list': signed(mint, { alg: ['EdDSA'] }),
    'alg of another curve': signed(mint, { alg: 'ES256' }),
    'HS256 with the public key': shared(mint, 'sha256', publicBytes),
    'HS256 with the public key as text': shared(mint, 'sha256', mint.published.x),
    'HS256 with the public key as PEM': shared(mint, 'sha256', pem),
    'HS384 with the public key': shared(mint, 'sha384', publicBytes),
    'HS512 with an empty secret': shared(mint, 'sha512', ''),
    'HS256 under the own kid': shared(mint, 'sha256', publicBytes, { kid: mint.published.kid }),
    'RS256 with an own key': `${rs256}.${sign('sha256', Buffer.from(rs256), rsa).toString('base64url')}`,
    'another key under a good kid': signed(mint, { kid: mint.published.kid }, {}, other.privateKey),
    'another key under ours': signed(mint, {}, {}, other.privateKey),
    ...Object.fromEntries(
      [
        '../../../../dev/null',
        '/etc/passwd',
        "x' or '1'='1",
        "x'; drop table gateway.signing_key; --",
        "' union select 'x', '{}'",
        'unknown',
        '',
        '%00',
        '__proto__',
        'constructor',
        'https://evil.example.com/key',
        'x'.repeat(1000),
      ].map((kid) => [`kid ${kid.slice(0, 40)}`, signed(mint, { kid }, {}, other.privateKey)]),
    ),
    'kid that is a number': signed(mint, { kid: 1 }),
    'kid that is an object': signed(mint, { kid: { $ne: '' } }),
    'kid missing': signed(mint, { kid: undefined }),
    jwk: signed(mint, { kid: 'mine', jwk: otherJwk }, {}, other.privateKey),
    'jwk under a good kid': signed(mint, { jwk: otherJwk }, {}, other.privateKey),
    jku: signed(mint, { kid: 'mine', jku: 'https://evil.example.com/jwks.json' }, {}, other.privateKey),
    x5u: signed(mint, { kid: 'mine', x5u: 'https://evil.example.com/cert.pem' }, {}, other.privateKey),
    x5c: signed(mint, { kid: 'mine', x5c: [otherJwk.x ?? ''] }, {}, other.privateKey),
    'crit that nobody knows': signed(mint, { crit: ['exp-policy'], 'exp-policy': 'none' }),
    'crit that is empty': signed(mint, { crit: [] }),
    'b64 false': signed(mint, { crit: ['b64'], b64: false }),
    'typ JWT': signed(mint, { typ: 'JWT' }),
    'typ missing': signed(mint, { typ: undefined }),
    'typ of an id token': signed(mint, { typ: 'id+jwt' }),
    'another audience': signed(mint, {}, { aud: 'another-api' }),
    'no audience': signed(mint, {}, { aud: undefined }),
    'an audience that is nearly right': signed(mint, {}, { aud: 'treadle-api ' }),
    'another issuer': signed(mint, {}, { iss: 'https://evil.example.com' }),
    'no issuer': signed(mint, {}, { iss: undefined }),
    expired: signed(mint, {}, { iat: now - 7200, exp: now - 3600 }),
    'expired just now': signed(mint, {}, { exp: now - 1 }),
    'no end': signed(mint, {}, { exp: undefined }),
    'an end that is text': signed(mint, {}, { exp: '9999999999' }),
    'not yet': signed(mint, {}, { nbf: now + 3600 }),
    'no beginning': signed(mint, {}, { iat: undefined }),
    'no subject': signed(mint, {}, { sub: undefined }),
    'another subject': signed(mint, {}, { sub: '00000000-0000-4000-8000-000000000000' }),
    'another organisation': signed(mint, {}, { org: otherOrganisation }),
    'no session': signed(mint, {}, { sid: undefined }),
    'a session that never was': signed(mint, {}, { sid: '00000000-0000-4000-8000-000000000000' }),
    'a session with SQL': signed(mint, {}, { sid: "' or true --" }),
    'a refresh token': mint.refresh,
    'cut off': mint.good.slice(0, -10),
    'without a signature': `${head}.${body}.`,
    'of two parts': `${head}.${body}`,
    'of four parts': `${mint.good}.x`,
    'of five parts, as if encrypted': `${head}.${body}.${signature}.x.y`,
    'changed claims': `${head}.${part({ ...mint.claims, org: otherOrganisation })}.${signature}`,
    'changed header': `${part({ ...mint.header, extra: 1 })}.${body}.${signature}`,
    'no JSON': `${part('not json')}.${part('not json')}.${signature}`,
    'a header that is a list': `${part('[]')}.${body}.${signature}`,
    'claims that are null': `${head}.${part('null')}.${signature}`,
    'dots only': '..',
    'very long': `${mint.good}${'A'.repeat(1500)}`,
    'an API key that never was': `tk_${'A'.repeat(43)}`,
    'an API key with a wildcard': 'tk_%',
    'an API key with SQL': "tk_'or'1'='1",
    'an API key in another case': 'TK_FOR_SPECS',
    'the prefix alone': 'tk_',
  };
}

/** A good token shown in a way that is none. */
function wrongWays(mint: Mint): Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> {
  const { good } = mint;
  return {
    'as Basic': { authorization: `Basic ${Buffer.from(`x:${good}`).toString('base64')}` },
    'as Token': { authorization: `Token ${good}` },
    'without a scheme': { authorization: good },
    'after a comma': { authorization: `Bearer x, Bearer ${good}` },
    'twice in one header': { authorization: `Bearer ${good} ${good}` },
    'as a cookie': { cookie: `access_token=${good}; authorization=Bearer ${good}` },
    'in another header': { 'x-access-token': good, 'x-api-key': good, 'proxy-authorization': `Bearer ${good}` },
    'as a header of a proxy': {
      'x-forwarded-user': 'owner',
      'x-remote-user': 'owner',
      'x-original-authorization': `Bearer ${good}`,
    },
  };
}

async function attacks(site: Site): Promise<readonly Attack[]> {
  const mint = await openMint(site);
  const targets = ['/api/v1/auth/me', `/api/v1/workflows/${site.victim.has.workflow}`];
  const byTokens = Object.entries(wrongTokens(mint, site.attacker.id)).flatMap(([what, token]) =>
    targets.map(
      (path): Attack => ({
        name: `${what}: ${path.split('/').slice(0, 4).join('/')}`,
        send: (at) => at.send({ path, as: token }),
        judge: refusedWith([401], ['unauthenticated']),
      }),
    ),
  );
  const byWays = Object.entries(wrongWays(mint)).map(
    ([what, headers]): Attack => ({
      name: `a good token ${what}`,
      send: (at) => at.send({ path: '/api/v1/auth/me', headers }),
      judge: refusedWith([401], ['unauthenticated']),
    }),
  );
  const inAddress = ['access_token', 'token', 'api_key', 'key'].map(
    (name): Attack => ({
      name: `a good token in the address as ${name}`,
      send: (at) => at.send({ path: `/api/v1/workflows?${name}=${mint.good}` }),
      judge: refusedWith([401], ['unauthenticated']),
    }),
  );
  return [...byTokens, ...byWays, ...inAddress];
}

/** Access tokens that are none. */
export const tokens: AttackClass = { name: 'tokens', attacks };
