/** Where a provider's server is and how long it may take. */
export interface ServerOptions {
  /** The name workflows use. */
  readonly name: string;
  /** The vendor, as the price table knows it, for example `openai`. */
  readonly kind: string;
  /** For example `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Empty for servers that want none. */
  readonly apiKey: string;
  /** Milliseconds to establish a connection. */
  readonly connectTimeoutMs: number;
  /** Milliseconds to the first byte, and between any two parts of a stream. */
  readonly silenceTimeoutMs: number;
  /** It promises to bill requests under one `Idempotency-Key` once. Absent means no. */
  readonly mergesRepeats?: boolean;
}

/** The path of an endpoint below a base address, its query kept (some gateways carry an API version there). */
export function pathOf(baseUrl: string, endpoint: string): string {
  const { pathname, search } = new URL(baseUrl);
  return `${pathname.replace(/\/+$/, '')}/${endpoint}${search}`;
}
