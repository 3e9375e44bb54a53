import { Client, type CallOptions as GrpcCallOptions, Metadata, type ServiceError } from '@grpc/grpc-js';
import { FailureError } from '@treadle/failure';
import { abortFailure, statusToFailureError } from './failure-status.js';
import type { CallOptions, Handlers } from './handlers.js';
import { maxMessageBytes } from './limits.js';
import type { AnyMethod, AnyService } from './service.js';
import { channelCredentials, type MutualTls } from './tls.js';

export interface GrpcClientOptions {
  /** `host:port` or `dns:///host:port`; every address behind the name gets its share of calls. */
  readonly address: string;
  /** Milliseconds a call with one answer may take; default 30,000. Streams live until they end or their signal is aborted. */
  readonly deadlineMs?: number;
  /** Shows its certificate and takes only servers of that authority; without it calls go in the open. */
  readonly tls?: MutualTls | undefined;
}

type Serialize = (value: unknown) => Buffer;

/**
 * Servers end connections after some minutes, which makes the client look names up again; so it needs no keepalive of its own.
 * The reconnect ceiling bounds how long calls keep failing after a server came back.
 */
const channelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  'grpc.dns_min_time_between_resolutions_ms': 2_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.enable_channelz': 0,
};

/**
 * Calls a service in another process. It connects with the first call and reconnects by itself.
 * Failures are thrown as `FailureError`: the server's own, or `unavailable`, `deadline_exceeded`, `cancelled`, `payload_too_large`, `internal`.
 */
export function grpcClient<Definition extends AnyService>(
  definition: Definition,
  options: GrpcClientOptions,
): Handlers<Definition> & { close(): void } {
  const client = new Client(options.address, channelCredentials(options.tls), channelOptions);
  const deadlineMs = options.deadlineMs ?? 30_000;
  const closed = new AbortController();
  const methods = Object.entries<AnyMethod>(definition).map(([name, method]) => [
    name,
    method.responseStream
      ? streamCall(client, method, closed.signal)
      : unaryCall(client, method, closed.signal, deadlineMs),
  ]);
  const close = () => {
    closed.abort(FailureError.of('unavailable', 'The connection to the service is closed: this process is stopping.'));
    client.close();
  };
  return { ...(Object.fromEntries(methods) as Handlers<Definition>), close };
}

function unaryCall(client: Client, method: AnyMethod, closed: AbortSignal, deadlineMs: number) {
  return (request: unknown, { signal, traceparent }: CallOptions = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (closed.aborted) return reject(abortFailure(closed));
      if (signal?.aborted) return reject(abortFailure(signal));
      const callOptions: GrpcCallOptions = { deadline: Date.now() + deadlineMs };
      const done = (error: ServiceError | null, response?: unknown) => {
        signal?.removeEventListener('abort', cancel);
        if (!error) return resolve(response);
        reject(signal?.aborted ? abortFailure(signal) : statusToFailureError(error));
      };
      const { path, requestSerialize, responseDeserialize } = method;
      const serialize = requestSerialize as Serialize;
      const call = client.makeUnaryRequest(
        path,
        serialize,
        responseDeserialize,
        request,
        metadata(traceparent),
        callOptions,
        done,
      );
      const cancel = () => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
}

function streamCall(client: Client, method: AnyMethod, closed: AbortSignal) {
  return async function* (request: unknown, { signal, traceparent }: CallOptions = {}): AsyncGenerator<unknown> {
    if (closed.aborted) throw abortFailure(closed);
    if (signal?.aborted) throw abortFailure(signal);
    const { path, requestSerialize, responseDeserialize } = method;
    const stream = client.makeServerStreamRequest(
      path,
      requestSerialize as Serialize,
      responseDeserialize,
      request,
      metadata(traceparent),
    );
    const cancel = () => stream.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    // A cancelled call still reports its status, after the loop below has stopped listening.
    stream.on('error', () => undefined);
    try {
      // A readable asks for the next message only when this loop has taken the last ones: that is the back-pressure.
      for await (const message of stream) {
        if (signal?.aborted) break;
        yield message;
      }
      if (signal?.aborted) throw abortFailure(signal);
    } catch (error) {
      throw signal?.aborted ? abortFailure(signal) : statusToFailureError(error as ServiceError);
    } finally {
      signal?.removeEventListener('abort', cancel);
      stream.cancel();
    }
  };
}

function metadata(traceparent: string | undefined): Metadata {
  const sent = new Metadata();
  if (traceparent) sent.set('traceparent', traceparent);
  return sent;
}
