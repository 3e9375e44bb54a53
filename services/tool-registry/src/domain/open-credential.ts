import { FailureError } from '@treadle/failure';
import type { Vault } from '@treadle/secrets';
import type { AttachableRequest, Credential, CredentialedRequest } from './credential.js';
import type { Secrets } from './credential-values.js';
import { credentialPurpose, type SealedCredential } from './sealed-credential.js';
import type { Tokens } from './tokens.js';

/** Makes credentials usable. Nothing is opened before a request for one of its hosts is there. */
export class CredentialOpener {
  constructor(
    private readonly vault: Vault,
    private readonly tokens: Tokens,
  ) {}

  open(tenantId: string, sealed: SealedCredential): Credential {
    return {
      hosts: sealed.hosts,
      attach: async (request) => {
        checkHost(sealed, request);
        return { ...request, ...(await this.attached(tenantId, sealed, request)) };
      },
    };
  }

  private async attached(tenantId: string, sealed: SealedCredential, request: AttachableRequest) {
    switch (sealed.type) {
      case 'oauth2_client_credentials':
      case 'oauth2_refresh_token': {
        const token = await this.tokens.token(tenantId, sealed);
        return withHeader(request, 'Authorization', `Bearer ${token.reveal()}`);
      }
      default: {
        const opened = await this.vault.open(tenantId, credentialPurpose(sealed), sealed.sealed);
        return attachSecrets(sealed, JSON.parse(opened.reveal()) as Secrets, request);
      }
    }
  }
}

type PlainType = Exclude<SealedCredential['type'], `oauth2_${string}`>;

function attachSecrets(sealed: SealedCredential, secrets: Secrets, request: AttachableRequest): CredentialedRequest {
  const name = sealed.settings['name'] ?? '';
  const value = secrets['value'] ?? '';
  switch (sealed.type as PlainType) {
    case 'basic': {
      const pair = `${sealed.settings['username'] ?? ''}:${secrets['password'] ?? ''}`;
      return withHeader(request, 'Authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
    }
    case 'bearer':
      return withHeader(request, 'Authorization', `Bearer ${secrets['token'] ?? ''}`);
    case 'header':
      return withHeader(request, name, value);
    case 'cookie': {
      const others = request.headers
        .filter(([header]) => header.toLowerCase() === 'cookie')
        .map(([, cookies]) => cookies);
      return withHeader(request, 'Cookie', [...others, `${name}=${value}`].join('; '));
    }
    case 'query': {
      const url = new URL(request.url);
      url.searchParams.set(name, value);
      return { ...request, url: url.href, secretHeaders: [] };
    }
  }
}

function withHeader(request: AttachableRequest, name: string, value: string): CredentialedRequest {
  const kept = request.headers.filter(([header]) => header.toLowerCase() !== name.toLowerCase());
  return { url: request.url, headers: [...kept, [name, value]], secretHeaders: [name.toLowerCase()] };
}

/** The port that a scheme implies may be written or left out. */
function checkHost({ hosts, toolset }: SealedCredential, { url }: AttachableRequest): void {
  const { host, hostname, protocol, port } = new URL(url);
  const names = [host, ...(port === '' ? [`${hostname}:${protocol === 'https:' ? 443 : 80}`] : [])];
  if (names.some((name) => hosts.includes(name.toLowerCase()))) return;
  throw FailureError.of(
    'credential_refused',
    `The credential of the toolset "${toolset}" is for ${hosts.join(', ')} and is not sent to ${host}. Save it for that host too, if it is meant to go there.`,
  );
}
