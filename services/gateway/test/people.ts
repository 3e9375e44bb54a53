import { type GatewayUnderTest } from './gateway-under-test.js';

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly user_id: string;
  readonly organisation: string;
}

interface Invited {
  readonly id: string;
  readonly status: string;
  readonly role: string;
  readonly invitation: { readonly token: string };
}

/** What a caller with a credential can do. */
export interface Caller {
  send(method: string, path: string, body?: object): Promise<Response>;
  /** The body of an answer of 200. */
  get(path: string): Promise<unknown>;
}

/** People at a gateway's door. */
export class People {
  constructor(private readonly gateway: GatewayUnderTest) {}

  post(path: string, body: object): Promise<Response> {
    return send(this.gateway.url, 'POST', path, body);
  }

  as(credential: string): Caller {
    const call = (method: string, path: string, body?: object) =>
      send(this.gateway.url, method, path, body, { authorization: `Bearer ${credential}` });
    return { send: call, get: async (path) => ok(await call('GET', path)) };
  }

  /** The API key of the configuration, which may do all that an owner may. */
  owner(): Caller {
    const call = (method: string, path: string, body?: object) =>
      this.gateway.call(path, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
    return { send: call, get: async (path) => ok(await call('GET', path)) };
  }

  async signIn(body: { readonly email: string; readonly password: string }): Promise<Tokens> {
    return (await ok(await this.post('/api/v1/auth/sign-in', body))) as Tokens;
  }

  async refresh(refresh_token: string): Promise<Tokens> {
    return (await ok(await this.post('/api/v1/auth/refresh', { refresh_token }))) as Tokens;
  }

  async invite(email: string, role: string): Promise<Invited> {
    return (await ok(await this.owner().send('POST', '/api/v1/users', { email, role }))) as Invited;
  }

  async accept(token: string, password: string): Promise<Tokens> {
    return (await ok(await this.post('/api/v1/auth/accept-invitation', { token, password }))) as Tokens;
  }

  /** Somebody new, who has come in. */
  async join(email: string, role: string): Promise<Tokens> {
    const { invitation } = await this.invite(email, role);
    return this.accept(invitation.token, `the password of ${email}`);
  }

  /** Waits until a credential is refused. */
  async forgotten(credential: string): Promise<void> {
    while ((await this.as(credential).send('GET', '/api/v1/auth/me')).status !== 401)
      await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function send(url: string, method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  return fetch(`${url}${path}`, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function ok(answer: Response): Promise<unknown> {
  const body: unknown = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status} ${JSON.stringify(body)}`);
  return body;
}
