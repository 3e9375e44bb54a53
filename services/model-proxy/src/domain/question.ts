import type { Spender } from './money-gate.js';
import type { EmbedCall, Embeddings, FinishedPart, ModelCall, ModelPart, Ranking, RerankCall } from './provider.js';
import type { WantedModel } from './resolve-model.js';

/** Whom a client asks, and in whose name. */
export interface Asking {
  readonly spender: Spender;
  /** Ignored when there is a route. */
  readonly wanted: WantedModel;
  /** Empty for none. */
  readonly route: string;
}

export interface ChatQuestion extends Omit<ModelCall, 'model'>, Asking {
  /** What the node says about the work, for the rules of the route; empty for nothing. */
  readonly hint: string;
  /** Calls with the same key are served by the same target; the request itself is the key when empty. */
  readonly routingKey: string;
  /** Absent for the route's own setting; `ttlSeconds` is 0 for the same. */
  readonly cache?: { readonly enabled: boolean; readonly ttlSeconds: number };
  /** The answer is not needed piece by piece. */
  readonly whole?: boolean;
}

export type EmbedQuestion = Omit<EmbedCall, 'model'> & Asking;
export type RerankQuestion = Omit<RerankCall, 'model'> & Asking;

/** Who served a call. */
export interface ServedBy {
  readonly provider: string;
  /** The vendor, as the price table knows it. */
  readonly kind: string;
  readonly model: string;
  /** Whether it is an earlier answer given again. */
  readonly cached: boolean;
}

/** A part of an answer; the last one says who served it. */
export type ChatPart = Exclude<ModelPart, FinishedPart> | (FinishedPart & ServedBy);

export type EmbedAnswer = Embeddings & ServedBy;
export type RerankAnswer = Ranking & ServedBy;
