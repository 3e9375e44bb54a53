import type { ServerOptions } from 'node:http2';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { FailureError, toFailure } from '@treadle/failure';
import { failureToStatus } from './failure-status.js';
import type { CallOptions } from './handlers.js';
import { maxMessageBytes } from './limits.js';
import { asGrpcDefinition, handlerOf, type ServedService, type StreamHandler, type UnaryHandler } from './service.js';
import { type MutualTls, serverCredentials } from './tls.js';

export interface GrpcServerOptions {
  /** `host:port` to listen on; port 0 takes a free one. */
  readonly address: string;
  readonly services: readonly ServedService[];
  /** Lets in only who shows a certificate of that authority; without it everybody, in the open. */
  readonly tls?: MutualTls | undefined;
  /** Told about errors that are no failures: they are bugs, and the caller learns only `internal`. */
  readonly onUnknownError: (path: string, error: unknown) => void;
  /** Told of each call that was answered: its path, its failure's code or `ok`, and how many seconds it took. */
  readonly onCall?: OnCall;
  /** Milliseconds a connection lives, so that clients spread over new replicas; default five minutes. */
  readonly maxConnectionAgeMs?: number;
  /** Milliseconds its last streams may take after that; default one hour. */
  readonly maxConnectionAgeGraceMs?: number;
  /** Milliseconds calls may still run once the server stops; default 20,000. */
  readonly shutdownLimitMs?: number;
}

export type OnCall = (path: string, status: string, seconds: number) => void;

/** A listening server. */
export interface RunningGrpcServer {
  readonly port: number;
  /** Takes no more calls, lets the running ones end within the limit, then cuts them. */
  close(): Promise<void>;
}

const anyNumber = 1_000_000_000;

/** Serves controllers over gRPC. Rejects when the address cannot be bound. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningGrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_connection_age_ms': options.maxConnectionAgeMs ?? 300_000,
    'grpc.max_connection_age_grace_ms': options.maxConnectionAgeGraceMs ?? 3_600_000,
    // Channelz stays on: without it this version of grpc-js forgets its sessions and cannot cut them at shutdown.
  });
  takeCancelledCalls(server);
  for (const service of options.services) addService(server, service, options);
  const port = await bind(server, options.address, options.tls);
  return { port, close: () => close(server, options.shutdownLimitMs ?? 20_000) };
}

/**
 * Node ends a connection, with all calls on it, when its client cancels more than 1,000 of them and then 33 a second: a defence against
 * strangers. Here the only clients are our own services, and each cancel stands for somebody who has gone away. grpc-js has no option for it, only
 * the object that it gives to `http2.createServer`.
 */
function takeCancelledCalls(server: Server): void {
  const { commonServerOptions } = server as unknown as { commonServerOptions: ServerOptions };
  Object.assign(commonServerOptions, { streamResetBurst: anyNumber, streamResetRate: anyNumber });
}

function bind(server: Server, address: string, tls: MutualTls | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, serverCredentials(tls), (error, port) => {
      if (error) reject(new Error(`Cannot listen for gRPC calls on ${address}: ${error.message}`, { cause: error }));
      else resolve(port);
    });
  });
}

function close(server: Server, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => server.forceShutdown(), limitMs);
    server.tryShutdown(() => {
      clearTimeout(limit);
      resolve();
    });
  });
}

type Watchers = Pick<GrpcServerOptions, 'onUnknownError' | 'onCall'>;

function addService(server: Server, { definition, handlers }: ServedService, watchers: Watchers): void {
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const [name, method] of Object.entries(definition)) {
    const begin = () => new Answering(method.path, watchers);
    implementation[name] = method.responseStream
      ? streamCall(handlerOf(handlers, name), begin)
      : unaryCall(handlerOf(handlers, name), begin);
  }
  server.addService(asGrpcDefinition(definition), implementation);
}

type Status = ReturnType<typeof failureToStatus>;

/** One call, from its beginning to its answer. */
class Answering {
  private readonly startedAt = performance.now();

  constructor(
    private readonly path: string,
    private readonly watchers: Watchers,
  ) {}

  ended(status = 'ok'): void {
    this.watchers.onCall?.(this.path, status, (performance.now() - this.startedAt) / 1000);
  }

  failed(error: unknown): Status {
    if (!(error instanceof FailureError)) this.watchers.onUnknownError(this.path, error);
    const failure = toFailure(error);
    this.ended(failure.code);
    return failureToStatus(failure);
  }
}

function unaryCall(handler: UnaryHandler, begin: () => Answering): handleUnaryCall<unknown, unknown> {
  const answer = async (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
    const answering = begin();
    try {
      const message = await handler(call.request, callOptions(call));
      answering.ended();
      callback(null, message);
    } catch (error) {
      callback(answering.failed(error));
    }
  };
  return (call, callback) => void answer(call, callback);
}

function streamCall(handler: StreamHandler, begin: () => Answering): handleServerStreamingCall<unknown, unknown> {
  const answer = async (call: ServerWritableStream<unknown, unknown>) => {
    const answering = begin();
    const options = callOptions(call);
    try {
      await pump(handler(call.request, options), call, options.signal);
      answering.ended(options.signal.aborted ? 'cancelled' : 'ok');
      call.end();
    } catch (error) {
      // The client is gone: what the controller says about being stopped interests nobody.
      if (options.signal.aborted) answering.ended('cancelled');
      else call.emit('error', answering.failed(error));
    }
  };
  return (call) => void answer(call);
}

/** Writes what the controller yields, no faster than the client takes it, until it ends or the client is gone. */
async function pump(
  messages: AsyncIterable<unknown>,
  call: ServerWritableStream<unknown, unknown>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = messages[Symbol.asyncIterator]();
  const stop = () => void iterator.return?.().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    if (signal.aborted) return;
    if (!call.write(next.value)) await drained(call, signal);
  }
}

function drained(call: ServerWritableStream<unknown, unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    call.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

type IncomingCall = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>;

function callOptions(call: IncomingCall): CallOptions & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  call.once('cancelled', () =>
    controller.abort(FailureError.of('cancelled', 'The caller went away or ran out of time.')),
  );
  const traceparent = call.metadata instanceof Metadata ? call.metadata.get('traceparent')[0] : undefined;
  return { signal: controller.signal, ...(typeof traceparent === 'string' && { traceparent }) };
}
