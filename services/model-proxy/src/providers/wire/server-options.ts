import type { AddressGuard } from '@treadle/guarded-http';
import { LRUCache } from 'lru-cache';

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
  /** Which addresses may be connected to. Absent where the operator's own settings say where the server is. */
  readonly guard?: AddressGuard;
  /** It promises to bill requests under one `Idempotency-Key` once. Absent means no. */
  readonly mergesRepeats?: boolean;
}

/** The path of an endpoint below a base address, its query kept (some gateways carry an API version there). */
export function pathOf(baseUrl: string, endpoint: string): string {
  const { path, search } = baseOf(baseUrl);
  return `${path}/${endpoint}${search}`;
}

interface Base {
  readonly path: string;
  readonly search: string;
}

/** Taking an address apart costs more than all else that is done for a request, and there are few of them. */
const bases = new LRUCache<string, Base>({ max: 1_000 });

function baseOf(baseUrl: string): Base {
  const known = bases.get(baseUrl);
  if (known) return known;
  const { pathname, search } = new URL(baseUrl);
  const base = { path: pathname.replace(/\/+$/, ''), search };
  bases.set(baseUrl, base);
  return base;
}
