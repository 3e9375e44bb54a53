import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parsed } from '../attacks/attack.js';

/** A server that says in its errors everything that it was sent, as careless ones do: with status 401, below `/status/403` with 403. */
export interface EchoServer {
  readonly url: string;
  /** Refuses from now on; before, it is a model server that has one model, and an MCP server that has one tool. */
  refuse(): void;
  /** How often it was asked, and refused. */
  readonly refused: () => number;
  close(): void;
}

interface Rpc {
  readonly id?: string;
  readonly method?: string;
  readonly params?: { readonly protocolVersion?: string };
}

const rpc = (body: string) => (parsed(body) ?? {}) as Rpc;

/** At `/mcp/2` only the calls of tools are refused, at the others everything is. */
const callsForLater = (url: string | undefined, body: string) =>
  url?.startsWith('/mcp/2') === true && rpc(body).method !== 'tools/call';

/** By an answer of the protocol: as an error at `/mcp/1`, as the result of a tool that failed at `/mcp/2`. */
const refusal = (url: string | undefined, told: string) =>
  url?.startsWith('/mcp/2') === true
    ? { result: { isError: true, content: [{ type: 'text', text: told }] } }
    : { error: { code: -32000, message: told } };

/** An MCP server that has one tool. */
function answerMcp(response: ServerResponse, body: string): void {
  const { id, method, params } = rpc(body);
  if (id === undefined) return void response.writeHead(202).end();
  const { protocolVersion } = params ?? {};
  const result =
    method === 'initialize'
      ? { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'echo', version: '1' } }
      : { tools: [{ name: 'do', description: 'Does.', inputSchema: { type: 'object' } }] };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

export async function startEchoServer(): Promise<EchoServer> {
  let refusing = false;
  let refused = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const json = (status: number, value: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const isMcp = request.url?.startsWith('/mcp/') === true;
    if (isMcp && (!refusing || callsForLater(request.url, body))) return answerMcp(response, body);
    if (!refusing) return json(200, { object: 'list', data: [{ id: 'small', object: 'model' }] });
    refused += 1;
    const told = `Refused. You sent ${request.url} with ${request.rawHeaders.join(' ')} and ${body}`;
    if (isMcp && request.url !== '/mcp/0')
      return json(200, { jsonrpc: '2.0', id: rpc(body).id, ...refusal(request.url, told) });
    return json(Number(/^\/status\/(\d+)/.exec(request.url ?? '')?.[1] ?? 401), {
      error: { message: told, type: 'invalid_request_error' },
      message: told,
    });
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    refuse: () => (refusing = true),
    refused: () => refused,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
