import type { TextPatch } from '@treadle/engine';
import type { Failure } from '@treadle/failure';
import { errorBody } from '../api/errors/error-body.js';
import { eventId, type StreamPosition } from './event-id.js';
import type { RunEventData } from './run-event-data.js';
import type { FedEvent } from './run-feed.js';
import type { StreamView } from './stream-view.js';

/** A run as the native API shows it. See the README for the protocol. */
export class NativeView implements StreamView {
  readonly opening = '';
  readonly beat = ': still here\n\n';
  readonly beatMs = 15_000;
  readonly farewell = ': the server is stopping; reconnect with Last-Event-ID\n\n';
  readonly ended = false;

  constructor(
    private readonly data: RunEventData,
    private readonly requestId: string,
  ) {}

  async event(fed: FedEvent, position: StreamPosition): Promise<string> {
    return `event: ${fed.event.type}\nid: ${eventId(position)}\ndata: ${await this.data.ofEvent(fed)}\n\n`;
  }

  /** Without an id: whoever comes back is where it was. */
  error(reason: Failure): string {
    return `event: error\ndata: ${JSON.stringify(errorBody(reason, this.requestId))}\n\n`;
  }

  text(patch: TextPatch, position: StreamPosition): string {
    return `event: text-delta\nid: ${eventId(position)}\ndata: ${this.data.ofText(patch)}\n\n`;
  }
}
