import type { ServiceDefinition, UntypedHandleCall } from '@grpc/grpc-js';
import type { CallOptions, Handlers } from './handlers.js';

/** The part of a generated method that calls are made of, whatever its messages are. */
export interface AnyMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}

/** A generated service, for example `ModelServiceService`. */
export type AnyService = Readonly<Record<string, AnyMethod>>;

export type UnaryHandler = (request: unknown, options?: CallOptions) => Promise<unknown>;
export type StreamHandler = (request: unknown, options?: CallOptions) => AsyncIterable<unknown>;

/** A service with the object that answers its calls. */
export interface ServedService {
  readonly definition: AnyService;
  readonly handlers: object;
}

/** Pairs a generated service with its controller; the compiler checks that every method is there. */
export function served<Definition extends AnyService>(
  definition: Definition,
  handlers: Handlers<Definition>,
): ServedService {
  return { definition, handlers };
}

/** The method of a controller, bound to it. A controller that lacks one is a mistake found at start. */
export function handlerOf<H extends UnaryHandler | StreamHandler>(handlers: object, name: string): H {
  const method: unknown = (handlers as Record<string, unknown>)[name];
  if (typeof method !== 'function') throw new TypeError(`${handlers.constructor.name} has no method "${name}".`);
  return method.bind(handlers) as H;
}

/** Generated definitions are what grpc-js expects; their exact message types only matter to callers. */
export function asGrpcDefinition(definition: AnyService): ServiceDefinition<Record<string, UntypedHandleCall>> {
  return definition as unknown as ServiceDefinition<Record<string, UntypedHandleCall>>;
}
