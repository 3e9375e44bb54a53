import { Secret } from '@treadle/config';
import { FailureError } from '@treadle/failure';
import type { TenantHttp } from '@treadle/guarded-http';
import { z } from 'zod';
import type { Secrets } from './credential-values.js';
import type { SealedCredential } from './sealed-credential.js';

export interface FetchedToken {
  readonly accessToken: Secret;
  /** Milliseconds since the epoch. */
  readonly lifetime: { readonly fetchedAt: number; readonly expiresAt: number };
  /** A new refresh token, which replaces the one before. */
  readonly refreshToken?: Secret | undefined;
}

export type FetchToken = (tenantId: string, credential: SealedCredential, secrets: Secrets) => Promise<FetchedToken>;

const timeoutSeconds = 20;
const maxBytes = 256 * 1024;
/** For servers that do not say how long a token lives. */
const assumedSeconds = 300;
const mostSeconds = 30 * 86_400;

const answerSchema = z.object({
  access_token: z.string().min(1).max(50_000),
  expires_in: z.coerce.number().positive().optional(),
  refresh_token: z.string().min(1).max(50_000).optional(),
});
const errorSchema = z.object({ error: z.string(), error_description: z.string().optional() });

/** Asks a token endpoint, behind the guard like everything else, and never anywhere it would redirect to. */
export function tokenFetcher(http: TenantHttp, now: () => number): FetchToken {
  return async (tenantId, { type, settings, toolset }, secrets) => {
    const url = settings['token_url'] ?? '';
    const { body, headers } = tokenRequest(type, settings, secrets);
    const limits = { connectTimeoutSeconds: 10, readTimeoutSeconds: timeoutSeconds, maxBytes };
    const fetchedAt = now();
    const answer = await http
      .of(tenantId)
      .forSignal(AbortSignal.timeout(timeoutSeconds * 1000))
      .send({ method: 'POST', url, headers, body: body.toString(), maxRedirects: 0, ...limits })
      .catch((error: unknown) => {
        throw unreachable(toolset, new URL(url).host, error);
      });
    if (answer.status !== 200) throw refused(toolset, new URL(url).host, answer, secrets);
    const token = answerSchema.safeParse(parse(answer.body));
    if (!token.success)
      throw FailureError.of(
        'credential_refused',
        `The token endpoint at ${new URL(url).host} answered without an access_token. Look at the credential of "${toolset}".`,
      );
    const seconds = Math.min(token.data.expires_in ?? assumedSeconds, mostSeconds);
    const { access_token, refresh_token } = token.data;
    return {
      accessToken: new Secret(access_token),
      lifetime: { fetchedAt, expiresAt: fetchedAt + seconds * 1000 },
      refreshToken: refresh_token === undefined ? undefined : new Secret(refresh_token),
    };
  };
}

function tokenRequest(type: SealedCredential['type'], settings: SealedCredential['settings'], secrets: Secrets) {
  const refreshing = type === 'oauth2_refresh_token';
  const body = new URLSearchParams({ grant_type: refreshing ? 'refresh_token' : 'client_credentials' });
  if (refreshing) body.set('refresh_token', secrets['refresh_token'] ?? '');
  for (const name of ['scope', 'audience']) {
    const value = settings[name];
    if (value) body.set(name, value);
  }
  const id = settings['client_id'] ?? '';
  const password = secrets['client_secret'];
  const headers: [string, string][] = [
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['Accept', 'application/json'],
  ];
  if (settings['client_auth'] === 'basic' && password !== undefined) {
    const pair = [id, password].map(encodeURIComponent).join(':');
    headers.push(['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]);
  } else {
    body.set('client_id', id);
    if (password !== undefined) body.set('client_secret', password);
  }
  return { body, headers };
}

function refused(
  toolset: string,
  host: string,
  { status, body }: { status: number; body: string },
  secrets: Secrets,
): FailureError {
  if (status >= 500 || status === 429)
    return FailureError.of('tool_unavailable', `The token endpoint at ${host} answered ${status}. Try again later.`);
  const { data } = errorSchema.safeParse(parse(body));
  const words = data ? `: ${withoutSecrets(`${data.error} ${data.error_description ?? ''}`.trim(), secrets)}` : '';
  return FailureError.of(
    'credential_refused',
    `The token endpoint at ${host} gave no token (${status}${words}). Save the credential of "${toolset}" again.`,
  );
}

/** Some servers repeat what they were sent. */
function withoutSecrets(text: string, secrets: Secrets): string {
  let clean = text.slice(0, 500);
  for (const secret of Object.values(secrets)) clean = clean.replaceAll(secret, '***');
  return clean.slice(0, 200);
}

function unreachable(toolset: string, host: string, error: unknown): FailureError {
  const reason = error instanceof FailureError ? error.failure : undefined;
  if (reason?.code === 'address_blocked') return error as FailureError;
  return FailureError.of(
    'tool_unavailable',
    `The token endpoint at ${host}, for the credential of "${toolset}", cannot be reached: ${reason?.message ?? 'the connection failed.'}`,
    {},
    { cause: error },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
