import { createHash } from 'node:crypto';
import type { ToolWorld } from '../../domain/toolset-kind.js';

/** What a server and we agreed on. */
export interface McpSession {
  /** Absent where the server keeps none. */
  readonly id: string | undefined;
  readonly protocolVersion: string;
}

interface Idle {
  readonly session: McpSession;
  readonly idleSinceMs: number;
  readonly end: (session: McpSession) => Promise<void>;
}

export interface PoolLimits {
  readonly idleMs: number;
  /** Idle sessions of one owner. */
  readonly perOwner: number;
  /** Idle sessions of all. */
  readonly total: number;
}

const usualLimits: PoolLimits = { idleMs: 5 * 60_000, perOwner: 4, total: 1_000 };

/**
 * Keeps sessions between calls. A session is lent to one call at a time, and only to calls of the owner that began it.
 * What is idle for too long, or too many, is ended.
 */
export class SessionPool {
  /** Owners in the order of their last use. */
  readonly #idle = new Map<string, Idle[]>();
  #size = 0;

  constructor(
    private readonly now: () => number = Date.now,
    private readonly limits: PoolLimits = usualLimits,
  ) {}

  /** The session used last, which is the one most likely to live. */
  take(owner: string): McpSession | undefined {
    this.#endOld();
    const idle = this.#idle.get(owner)?.pop();
    if (idle) this.#size--;
    if (this.#idle.get(owner)?.length === 0) this.#idle.delete(owner);
    return idle?.session;
  }

  /** `end` is called once when the pool gives the session up. */
  give(owner: string, session: McpSession, end: (session: McpSession) => Promise<void>): void {
    const sessions = this.#idle.get(owner) ?? [];
    this.#idle.delete(owner);
    this.#idle.set(owner, sessions);
    sessions.push({ session, idleSinceMs: this.now(), end });
    this.#size++;
    if (sessions.length > this.limits.perOwner) this.#endFirst(owner, sessions);
    this.#endOld();
  }

  async close(): Promise<void> {
    const all = [...this.#idle.values()].flat();
    this.#idle.clear();
    this.#size = 0;
    await Promise.all(all.map(({ session, end }) => end(session).catch(() => undefined)));
  }

  /** The owner used longest ago stands first, and its oldest session, too. */
  #endOld(): void {
    for (const [owner, sessions] of this.#idle) {
      while (sessions[0] && (this.#size > this.limits.total || this.#isOld(sessions[0])))
        this.#endFirst(owner, sessions);
    }
  }

  #endFirst(owner: string, sessions: Idle[]): void {
    const first = sessions.shift();
    if (sessions.length === 0) this.#idle.delete(owner);
    if (!first) return;
    this.#size--;
    // A server that does not hear of it ends the session itself sooner or later.
    void first.end(first.session).catch(() => undefined);
  }

  #isOld = ({ idleSinceMs }: Idle) => this.now() - idleSinceMs > this.limits.idleMs;
}

/**
 * Who may use a session: the tenant, at one address, with one credential. The credential counts as it is sent, so that a new one begins
 * a new session.
 */
export async function sessionOwner(
  url: string,
  { tenantId, credential }: Pick<ToolWorld, 'tenantId' | 'credential'>,
): Promise<string> {
  const sent = await credential?.attach({ url, headers: [] });
  const secret = createHash('sha256')
    .update(JSON.stringify([sent?.url, sent?.headers]))
    .digest('base64url');
  return JSON.stringify([tenantId, url, credential ? secret : '']);
}
