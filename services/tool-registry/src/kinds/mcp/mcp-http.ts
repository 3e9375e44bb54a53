import { FailureError } from '@treadle/failure';
import type { StreamedAnswer } from '@treadle/guarded-http';
import type { ToolWorld } from '../../domain/toolset-kind.js';
import { SentSecrets } from '../sent-secrets.js';
import type { McpSession } from './session-pool.js';

const connectTimeoutSeconds = 10;
/** Servers that work for long send progress or comments in between; one that says nothing for this long hangs. */
const readTimeoutSeconds = 600;

/** The session is not known to the server any more: a new one has to be begun. */
export class SessionLost extends Error {
  override readonly name = 'SessionLost';
}

export interface McpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** JSON, of a POST. */
  readonly body?: string;
  /** Where to go on with a stream, of a GET. */
  readonly lastEventId?: string;
}

/** One server as one call reaches it: its address, its session, and the world of the call. */
export class McpHttp {
  session: McpSession | undefined;
  /** Whether the session was begun by an earlier call, so that the server may have forgotten it. */
  sessionIsKept: boolean;
  readonly #secrets = new SentSecrets();

  constructor(
    readonly url: string,
    private readonly world: Pick<ToolWorld, 'http' | 'credential'>,
    private readonly maxBytes: number,
    session?: McpSession,
  ) {
    this.session = session;
    this.sessionIsKept = session !== undefined;
  }

  /** From here on a session has to be begun. */
  forgetSession(): void {
    this.session = undefined;
    this.sessionIsKept = false;
  }

  get host(): string {
    return new URL(this.url).host;
  }

  /** The same server after the call has ended, for this long. */
  farewell(milliseconds: number): McpHttp {
    const http = this.world.http.forSignal(AbortSignal.timeout(milliseconds));
    return new McpHttp(this.url, { http, credential: this.world.credential }, this.maxBytes, this.session);
  }

  /** @throws FailureError for a status above 299, SessionLost where that says so; never for the answer's content. */
  async send(request: McpRequest): Promise<StreamedAnswer> {
    const plain = { url: this.url, method: request.method, headers: this.#headers(request), ...(request.body !== undefined && { body: request.body }) }; // biome-ignore format: one thought
    const attached = {
      secretHeaders: [] as readonly string[],
      ...((await this.world.credential?.attach(plain)) ?? plain),
    };
    this.#secrets.note(this.url, attached);
    const answer = await this.world.http.open({
      ...attached,
      secretHeaders: [...attached.secretHeaders, 'mcp-session-id'],
      connectTimeoutSeconds,
      readTimeoutSeconds,
      maxBytes: this.maxBytes,
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    answer.cancel();
    throw this.#failureOf(answer);
  }

  /** What the server said, without what it was sent in confidence. */
  withoutSecrets(text: string): string {
    return this.#secrets.hide(text);
  }

  #headers({ method, lastEventId }: McpRequest): [string, string][] {
    return [
      ['accept', method === 'POST' ? 'application/json, text/event-stream' : 'text/event-stream'],
      ...(method === 'POST' ? ([['content-type', 'application/json']] as [string, string][]) : []),
      ['user-agent', 'treadle'],
      ...(this.session ? ([['mcp-protocol-version', this.session.protocolVersion]] as [string, string][]) : []),
      ...(this.session?.id === undefined ? [] : ([['mcp-session-id', this.session.id]] as [string, string][])),
      ...(lastEventId === undefined ? [] : ([['last-event-id', lastEventId]] as [string, string][])),
    ];
  }

  #failureOf({ status }: StreamedAnswer): Error {
    // 404 is what the protocol says; reference servers say 400, which from a fresh session means something else.
    if (this.session?.id !== undefined && (status === 404 || (status === 400 && this.sessionIsKept)))
      return new SessionLost();
    const server = `The MCP server at ${this.host}`;
    if (status === 401 || status === 403) {
      const advice = this.world.credential ? "refuses the toolset's credential. Renew it." : 'asks for a credential. Give the toolset one.'; // biome-ignore format: one thought
      return FailureError.of('credential_refused', `${server} ${advice} (status ${status})`);
    }
    if (status === 429) return FailureError.of('tool_rate_limited', `${server} says that it is asked too often (status 429). Call it less often, or later.`); // biome-ignore format: a sentence
    if (status === 503) return FailureError.of('tool_unavailable', `${server} cannot answer at the moment (status 503). Try again later.`); // biome-ignore format: a sentence
    if (status >= 500) return FailureError.of('tool_failed', `${server} failed with status ${status}.`);
    return FailureError.of(
      'tool_failed',
      `${server} answered with status ${status}. Check that the address is the one of a streamable HTTP endpoint.`,
      { retryable: false },
    );
  }
}
