import { FailureError } from '@treadle/failure';
import type { JsonObject } from '@treadle/workflow';
import type { ToolWorld } from '../../domain/toolset-kind.js';
import { callFailure } from '../call-failure.js';
import { RpcError } from './json-rpc.js';
import { ask, notify } from './mcp-exchange.js';
import { McpHttp, SessionLost } from './mcp-http.js';
import { type McpSession, type SessionPool, sessionOwner } from './session-pool.js';

/** Newest first: the one we ask for. All of them speak of tools in the same words. */
const protocolVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const endMs = 2_000;

/** Asks a server something within a session. */
export type Ask = (method: string, params: JsonObject) => Promise<JsonObject>;

/**
 * Does work in a session of the world's tenant and credential: one of the pool, or a new one. A session that the server has forgotten is
 * replaced, once: it did nothing that it was asked within it.
 */
export async function withSession<T>(
  url: string,
  world: ToolWorld,
  maxBytes: number,
  pool: SessionPool,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const owner = await sessionOwner(url, world);
  const http = new McpHttp(url, world, maxBytes, pool.take(owner));
  const askInSession: Ask = (method, params) => ask(http, method, params, world.signal);
  try {
    if (!http.sessionIsKept) await begin(http, world.signal);
    return await work(askInSession).catch(async (error: unknown) => {
      if (!http.sessionIsKept || !(error instanceof SessionLost)) throw error;
      await begin(http, world.signal);
      return work(askInSession);
    });
  } catch (error) {
    throw error instanceof SessionLost
      ? lostAtOnce(http.host)
      : callFailure(error, `The MCP server at ${http.host}`, world.signal);
  } finally {
    giveBack(pool, owner, http);
  }
}

/** The first words: which protocol, who we are, and that we can do nothing but ask. */
async function begin(http: McpHttp, signal: AbortSignal): Promise<void> {
  http.forgetSession();
  const params = {
    protocolVersion: protocolVersions[0] ?? '',
    capabilities: {},
    clientInfo: { name: 'treadle', version: '1' },
  };
  const { protocolVersion } = await ask(http, 'initialize', params, signal).catch((error: unknown) => {
    throw error instanceof RpcError ? refused(http.host, error) : error;
  });
  if (typeof protocolVersion !== 'string' || !protocolVersions.includes(protocolVersion)) {
    throw FailureError.of('tool_answer_invalid', `The MCP server at ${http.host} speaks version ${JSON.stringify(protocolVersion ?? null).slice(0, 40)} of the protocol; ${protocolVersions.join(', ')} are understood.`); // biome-ignore format: a sentence
  }
  http.session = { id: http.session?.id, protocolVersion };
  await notify(http, 'notifications/initialized');
}

/** Whatever became of the work, the session is as good as before, unless it was lost. */
function giveBack(pool: SessionPool, owner: string, http: McpHttp): void {
  const { session } = http;
  if (session === undefined || session.protocolVersion === '') return;
  pool.give(owner, session, (ended) => end(http, ended));
}

async function end(http: McpHttp, session: McpSession): Promise<void> {
  if (session.id === undefined) return;
  const goodbye = http.farewell(endMs);
  goodbye.session = session;
  (await goodbye.send({ method: 'DELETE' })).cancel();
}

const refused = (host: string, { message, code }: RpcError) =>
  FailureError.of('tool_failed', `The MCP server at ${host} refuses to begin a session: ${message} (${code}).`, {
    retryable: false,
  });

const lostAtOnce = (host: string) =>
  FailureError.of('tool_answer_invalid', `The MCP server at ${host} forgets the session that it has just begun. Its operator has to mend it.`); // biome-ignore format: a sentence
