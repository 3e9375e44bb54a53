/** The part of a generated method that its types can be read from. */
interface Method<Request, Response> {
  readonly path: string;
  readonly responseStream: boolean;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** What travels beside a request. */
export interface CallOptions {
  /** Stops the call on both sides. */
  readonly signal?: AbortSignal;
  /** W3C trace context. */
  readonly traceparent?: string;
}

type HandlerOf<M> =
  M extends Method<infer Request, infer Response>
    ? M extends { readonly responseStream: true }
      ? (request: Request, options?: CallOptions) => AsyncIterable<Response>
      : (request: Request, options?: CallOptions) => Promise<Response>
    : never;

/**
 * A generated service as plain methods: the shape a controller implements and a client offers. So a caller does not know
 * whether the other side is in another process (gRPC) or in this one (the controller itself). Failures are thrown as `FailureError`.
 */
export type Handlers<Definition> = { readonly [Name in keyof Definition]: HandlerOf<Definition[Name]> };
