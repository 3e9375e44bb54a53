import { FailureError } from '@treadle/failure';
import { firstTenant } from './domain/access/roles.js';
import type { OpenIdRules } from './domain/people/open-id.js';
import type { GatewayConfig } from './gateway.config.js';

/** What the gateway is told about who may come in. */
export interface IdentitySettings {
  /** Seals the keys that sign access tokens; without it nobody can sign in, and API keys work all the same. */
  readonly keyEncryptionKey: string | undefined;
  /** Who makes access tokens: nobody else's are let in. */
  readonly issuer: string;
  /** Let in from the first start on. */
  readonly owner: { readonly email: string; readonly password: string } | undefined;
  readonly openId:
    | {
        readonly issuer: string;
        readonly clientId: string;
        readonly clientSecret: string | undefined;
        readonly rolesClaim: string;
        readonly rules: OpenIdRules;
      }
    | undefined;
}

/** @throws FailureError `invalid_argument` for settings that do not go together. */
export function identitySettings(config: GatewayConfig): IdentitySettings {
  const { ownerEmail, ownerPassword, publicUrl } = config;
  if ((ownerEmail === '') !== (ownerPassword === undefined))
    throw together('TREADLE_OWNER_EMAIL', 'TREADLE_OWNER_PASSWORD');
  return {
    keyEncryptionKey: config.keyEncryptionKey?.reveal(),
    issuer: publicUrl === '' ? 'treadle' : publicUrl,
    owner: ownerPassword && { email: ownerEmail, password: ownerPassword.reveal() },
    openId: openIdSettings(config),
  };
}

function openIdSettings(config: GatewayConfig): IdentitySettings['openId'] {
  const { openIdIssuer: issuer, openIdClientId: clientId, openIdDefaultRole, publicUrl } = config;
  if ((issuer === undefined) !== (clientId === '')) throw together('TREADLE_OPENID_ISSUER', 'TREADLE_OPENID_CLIENT_ID');
  if (issuer === undefined) return undefined;
  const roles = new Map(
    config.openIdRoles.map((pair) => {
      const at = pair.lastIndexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
  );
  return {
    issuer,
    clientId,
    clientSecret: config.openIdClientSecret?.reveal(),
    rolesClaim: config.openIdRolesClaim,
    rules: {
      tenantId: firstTenant,
      defaultRole: openIdDefaultRole === '' ? undefined : openIdDefaultRole,
      roles,
      redirects: publicUrl === '' ? [] : [publicUrl.replace(/\/+$/, '')],
    },
  };
}

function together(one: string, other: string): FailureError {
  return FailureError.of('invalid_argument', `${one} and ${other} go together: set both, or none of them.`);
}
