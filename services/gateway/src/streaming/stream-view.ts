import type { TextPatch } from '@treadle/engine';
import type { Failure } from '@treadle/failure';
import type { StreamPosition } from './event-id.js';
import type { FedEvent } from './run-feed.js';

/** How the reader of one stream is told of a run: frames of server-sent events, or an empty text where there is nothing to tell. */
export interface StreamView {
  /** Written before anything else. */
  readonly opening: string;
  /** Written when nothing else was for `beatMs` milliseconds. */
  readonly beat: string;
  readonly beatMs: number;
  /** Written last when the stream is ended before the run. */
  readonly farewell: string;
  /** True once the reader has all it is to have, though the run may go on. */
  readonly ended: boolean;
  /** Called once for each event, in order. */
  event(fed: FedEvent, position: StreamPosition): string | Promise<string>;
  /** Written last when the reader may not go on reading. */
  error(reason: Failure): string;
  text(patch: TextPatch, position: StreamPosition): string;
}
