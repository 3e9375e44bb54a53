import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { QdrantRefusal } from './qdrant-collection.js';
import { QdrantCollections, routes } from './qdrant-routes.js';
import { QdrantSnapshots } from './qdrant-snapshots.js';

export interface QdrantServerOptions {
  /** Asked for in the header `api-key`; none by default. */
  readonly apiKey?: string;
  /** Where it listens; this machine alone by default. */
  readonly host?: string;
  /** A free one by default. */
  readonly port?: number;
}

/** What a spec makes of the server. The points stay through all of it. */
export interface QdrantServer {
  readonly url: string;
  /** Method and path of each request, in their order. */
  readonly requests: readonly string[];
  readonly collections: QdrantCollections;
  /** What was not as Qdrant's OpenAPI document says, in requests or answers. A spec expects none. */
  readonly violations: string[];
  /** Holds each answer back this long, from the next request on. */
  slowDown(ms: number): void;
  /** Answers every request with this status; undefined for none. */
  answerWith(status: number | undefined): void;
  /** Refuses connections, and cuts those there are. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a small Qdrant on this machine: real HTTP, exact search, nothing kept on disk. */
export async function startQdrantServer(options: QdrantServerOptions = {}): Promise<QdrantServer> {
  const server = new SmallQdrant(options);
  await server.start();
  return server;
}

class SmallQdrant implements QdrantServer {
  readonly requests: string[] = [];
  readonly violations: string[] = [];
  readonly collections = new QdrantCollections();
  private readonly snapshots = new QdrantSnapshots(this.collections);
  private port: number;
  private delayMs = 0;
  private status: number | undefined;
  private server: Server | undefined;

  constructor(private readonly options: QdrantServerOptions) {
    this.port = options.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  slowDown(ms: number): void {
    this.delayMs = ms;
  }

  answerWith(status: number | undefined): void {
    this.status = status;
  }

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => response.destroy());
    });
    this.server.listen(this.port, this.options.host ?? '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  close(): Promise<void> {
    return this.stop();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const call = `${request.method} ${pathname}`;
    this.requests.push(call);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.delayMs > 0) await delay(this.delayMs, undefined, { ref: false });
    const [status, answer] = await this.answer(request, call, Buffer.concat(chunks), searchParams);
    response.writeHead(status, { 'content-type': contentTypeOf(answer) });
    response.end(typeof answer === 'string' || Buffer.isBuffer(answer) ? answer : JSON.stringify(answer));
  }

  private async answer(
    request: IncomingMessage,
    call: string,
    body: Buffer,
    query: URLSearchParams,
  ): Promise<[status: number, answer: object | string]> {
    if (this.status !== undefined) return failed(this.status, 'told to fail');
    const { apiKey } = this.options;
    if (call === 'GET /readyz') return [200, 'all shards are ready'];
    if (call === 'GET /healthz' || call === 'GET /livez') return [200, 'healthz check passed'];
    if (apiKey !== undefined && request.headers['api-key'] !== apiKey) return failed(401, 'Must provide an API key');
    try {
      const contentType = request.headers['content-type'] ?? '';
      const snapshot = await this.snapshots.answer({ call, query, contentType, body });
      if (Buffer.isBuffer(snapshot)) return [200, snapshot];
      const { result } = snapshot ?? { result: this.result(call, body.toString('utf8')) };
      return [200, { result, status: 'ok', time: 0.001 }];
    } catch (error) {
      if (error instanceof QdrantRefusal) return failed(error.status, error.message);
      const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
      this.violations.push(`${call}: ${message}`);
      return failed(400, message);
    }
  }

  private result(call: string, body: string): unknown {
    for (const { pattern, request, result, run } of routes) {
      const found = pattern.exec(call);
      if (!found) continue;
      const given = request?.parse(JSON.parse(body));
      return result.parse(run(this.collections, decodeURIComponent(found[1] ?? ''), given));
    }
    throw new Error('the small Qdrant of the specs does not know this call');
  }
}

function contentTypeOf(answer: object | string): string {
  if (Buffer.isBuffer(answer)) return 'application/octet-stream';
  return typeof answer === 'string' ? 'text/plain' : 'application/json';
}

function failed(status: number, message: string): [number, object] {
  return [status, { status: { error: message }, time: 0.001 }];
}
