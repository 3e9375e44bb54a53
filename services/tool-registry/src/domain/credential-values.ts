import { type FailureError } from '@treadle/failure';
import { z } from 'zod';
import { invalid } from './names.js';
import { type CredentialType, credentialTypes } from './sealed-credential.js';

const secret = z.string().min(1).max(20_000);
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}$/, 'is no name of a header');
const plainName = z.string().regex(/^[\w.$[\]-]{1,200}$/, 'use letters, digits, ".", "-", "_", "$" and brackets');
const headerValue = secret.regex(/^[\t\x20-\x7e\x80-\xff]+$/, 'holds characters that no header can');
/** Its origin and path are shown; a query may hold a secret. */
const tokenUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .refine((text) => {
    const { username, password, search } = new URL(text);
    return username === '' && password === '' && search === '';
  }, 'must not hold a password or a query');
const client = {
  token_url: tokenUrl,
  client_id: z.string().min(1).max(1_000),
  scope: z.string().max(2_000).optional(),
  audience: z.string().max(2_000).optional(),
  /** How the client shows who it is: in the Authorization header or in the body. */
  client_auth: z.enum(['basic', 'body']).default('basic'),
};

/** What each type of credential takes. */
const shapes = {
  basic: z.strictObject({ username: z.string().max(1_000), password: secret }),
  bearer: z.strictObject({ token: headerValue }),
  cookie: z.strictObject({
    name: plainName,
    value: secret.regex(/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/, 'holds characters that no cookie can'),
  }),
  header: z.strictObject({ name: headerName, value: headerValue }),
  oauth2_client_credentials: z.strictObject({ ...client, client_secret: secret }),
  oauth2_refresh_token: z.strictObject({ ...client, client_secret: secret.optional(), refresh_token: secret }),
  query: z.strictObject({ name: plainName, value: secret }),
} as const satisfies Record<CredentialType, z.ZodType>;

/** The members that are sealed; all others are shown. */
const secretNames = new Set(['client_secret', 'password', 'refresh_token', 'token', 'value']);

/** The secrets of a credential: they are together only here and where they are attached. */
export type Secrets = Readonly<Record<string, string>>;

export interface CredentialValues {
  readonly type: CredentialType;
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Secrets;
  /** Enough to tell two of them apart, and nothing of a short one. */
  readonly hint: string;
}

/** @throws FailureError `invalid_argument` with the field at fault, and nothing of a secret. */
export function readCredentialValues(type: string, values: unknown): CredentialValues {
  const known = credentialTypes.find((one) => one === type);
  if (!known)
    throw invalid(
      'type',
      `There is no credential of type "${type.slice(0, 100)}". There are: ${credentialTypes.join(', ')}.`,
    );
  const result = shapes[known].safeParse(values);
  if (!result.success) throw badValues(known, result.error);
  const members = Object.entries(result.data).filter((member): member is [string, string] => member[1] !== undefined);
  const secrets = Object.fromEntries(members.filter(([name]) => secretNames.has(name)));
  const settings = Object.fromEntries(members.filter(([name]) => !secretNames.has(name)));
  const longest = secrets['refresh_token'] ?? Object.values(secrets)[0] ?? '';
  return { type: known, settings, secrets, hint: longest.length >= 16 ? `…${longest.slice(-4)}` : '…' };
}

function badValues(type: CredentialType, error: z.ZodError): FailureError {
  const [issue] = error.issues;
  const path = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys[0] : '') || '';
  const fields = Object.keys(shapes[type].shape).join(', ');
  const field = path ? `values.${path}` : 'values';
  return invalid(
    field,
    `A credential of type ${type} takes ${fields}: ${path ? `"${path}": ` : ''}${issue?.message ?? 'wrong'}.`,
  );
}

const hostShape =
  /^(?=.{1,260}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(:\d{1,5})?$/;

/** Sorted, lower case. @throws FailureError `invalid_argument`. */
export function readHosts(hosts: readonly string[]): string[] {
  if (hosts.length === 0)
    throw invalid(
      'hosts',
      'Say which hosts the credential is for, such as "api.example.com": it is sent to no others.',
    );
  if (hosts.length > 50) throw invalid('hosts', 'A credential is for 50 hosts at most.');
  const lower = hosts.map((host) => host.toLowerCase());
  const wrong = lower.find((host) => !hostShape.test(host));
  if (wrong !== undefined)
    throw invalid(
      'hosts',
      `"${wrong.slice(0, 100)}" is no host. Write it as in addresses, without scheme and path: api.example.com or localhost:8080.`,
    );
  return [...new Set(lower)].sort();
}
