import { createHash } from 'node:crypto';
import type { GatewayUnderTest } from './gateway-under-test.js';

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

export interface GraphqlAnswer {
  readonly status: number;
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphqlError[];
}

/** Asks `/graphql` as clients do. */
export class GraphqlClient {
  constructor(
    private readonly gateway: GatewayUnderTest,
    /** Without one the key of the configuration, which may do all. */
    private readonly credential?: string,
  ) {}

  ask(query: string, variables?: object): Promise<GraphqlAnswer> {
    return this.send({ query, ...(variables && { variables }) });
  }

  /** By the hash of a document, with or without the document itself. */
  askPersisted(query: string, send: 'hash' | 'both'): Promise<GraphqlAnswer> {
    const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };
    return this.send({ extensions, ...(send === 'both' && { query }) });
  }

  async send(body: unknown): Promise<GraphqlAnswer> {
    const authorization = this.credential && { authorization: `Bearer ${this.credential}` };
    const answer = await this.gateway.call('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body: JSON.stringify(body),
    });
    return { status: answer.status, ...((await answer.json()) as object) };
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
