import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from './attack.js';

/** A request as it goes out. */
export interface Sent {
  readonly method?: string;
  readonly path: string;
  /** For `Authorization: Bearer`. */
  readonly as?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; the type is then in the headers. */
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** How long an answer may take; slower ones count as not answered. */
const limitMs = 20_000;

/** Sends a request on a connection of its own and reads the whole answer. @throws Error when none comes. */
export async function send(port: number, sent: Sent): Promise<Answer> {
  const body = sent.json === undefined ? sent.body : JSON.stringify(sent.json);
  const headers: Record<string, string | readonly string[]> = {
    ...(sent.as && { authorization: `Bearer ${sent.as}` }),
    ...(sent.json !== undefined && { 'content-type': 'application/json' }),
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    ...sent.headers,
  };
  const { method = 'GET', path } = sent;
  const signal = AbortSignal.timeout(limitMs);
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers: headers as never, agent: false, signal });
  // Who refuses early closes while the body is still on its way; the answer is there all the same.
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const told = Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  return {
    status: incoming.statusCode ?? 0,
    headers: Object.fromEntries(told) as Record<string, string>,
    text: Buffer.concat(chunks).toString(),
  };
}

/** Bytes for a connection, and the pauses between them. */
export type Part = string | Buffer | { readonly pauseMs: number };

/** Writes bytes as they are and resolves with all that came back when the server has closed, or was quiet for `quietMs`. */
export async function sendBytes(port: number, parts: readonly Part[], quietMs = 1500): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  let over = false;
  let heardAt = 0;
  socket.on('data', (data) => {
    answer += data.toString('latin1');
    heardAt = Date.now();
  });
  socket.on('error', () => undefined);
  socket.once('close', () => (over = true));
  await once(socket, 'connect');
  for (const part of parts) {
    if (over) break;
    if (typeof part === 'object' && 'pauseMs' in part) await delay(part.pauseMs);
    else socket.write(part);
  }
  const wroteAt = Date.now();
  while (!over && Date.now() - Math.max(heardAt, wroteAt) < quietMs) await delay(10);
  socket.destroy();
  return answer;
}

/** Every answer in what came back over one connection. */
export function answersIn(text: string): Answer[] {
  const found: Answer[] = [];
  let rest = text;
  for (;;) {
    const head = /^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n([\s\S]*?)\r\n\r\n/.exec(rest);
    if (!head) return found;
    const lines = (head[2] ?? '').split('\r\n').map((line) => /^([^:]*): ?(.*)$/.exec(line) ?? []);
    const headers = Object.fromEntries(lines.map(([, name = '', value = '']) => [name.toLowerCase(), value]));
    const body = rest.slice(head[0].length);
    const length = Number(headers['content-length'] ?? body.length);
    found.push({ status: Number(head[1]), headers, text: body.slice(0, length) });
    rest = body.slice(length);
  }
}

/** An address of its own for a request: denials that repeat from one address are counted, and not written one by one. */
export function addressFor(id: string): string {
  const [first = 0, second = 0, third = 0] = createHash('sha256').update(id).digest();
  return `10.${first}.${second}.${third}`;
}
