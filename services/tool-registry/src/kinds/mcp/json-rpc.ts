import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';

/** What a server sends: the answer to a request, a request of its own, or a note. */
export type Incoming =
  | { readonly type: 'result'; readonly id: Json; readonly result: JsonObject }
  | { readonly type: 'error'; readonly id: Json; readonly code: number; readonly message: string }
  | { readonly type: 'request'; readonly id: Json; readonly method: string }
  | { readonly type: 'notification'; readonly method: string };

/** The server itself says that it did not do what it was asked. */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Reads one message, or the several of a batch. @throws FailureError `tool_answer_invalid`. */
export function readMessages(text: string, host: string): Incoming[] {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw notJsonRpc(host, 'is not JSON');
  }
  return Array.isArray(value) ? value.map((one: Json) => readMessage(one, host)) : [readMessage(value, host)];
}

function readMessage(value: Json, host: string): Incoming {
  if (!isJsonObject(value) || value.jsonrpc !== '2.0') throw notJsonRpc(host, 'is not JSON-RPC 2.0');
  const { id = null, method, result, error } = value;
  if (typeof method === 'string')
    return id === null ? { type: 'notification', method } : { type: 'request', id, method };
  if (isJsonObject(result)) return { type: 'result', id, result };
  if (isJsonObject(error)) return { type: 'error', id, code: Number(error.code), message: readable(error.message) };
  throw notJsonRpc(host, 'is neither a result nor an error');
}

const readable = (message: Json | undefined) =>
  typeof message === 'string' ? message.slice(0, 2_000) : 'no reason given';

const notJsonRpc = (host: string, what: string) =>
  FailureError.of(
    'tool_answer_invalid',
    `The MCP server at ${host} sent a message that ${what}. Its operator has to mend it.`,
  );
