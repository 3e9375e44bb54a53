import type { TextPatch } from '@treadle/engine';
import { eventId, type StreamPosition } from './event-id.js';
import type { RunEventData } from './run-event-data.js';
import type { FedEvent } from './run-feed.js';
import type { StreamView } from './stream-view.js';

/** A run as values, one for each event. Whoever carries them says by itself that it is still there. */
export class ValueView implements StreamView {
  readonly opening = '';
  readonly beat = '';
  readonly beatMs = 60_000;
  readonly farewell = 'stopping';
  readonly ended = false;

  constructor(private readonly data: RunEventData) {}

  async event(fed: FedEvent, position: StreamPosition): Promise<string> {
    return value(fed.event.type, position, await this.data.ofEvent(fed));
  }

  /** Ends the values; what carries them says why. */
  error(): string {
    return this.farewell;
  }

  text(patch: TextPatch, position: StreamPosition): string {
    return value('text-delta', position, this.data.ofText(patch));
  }
}

function value(type: string, position: StreamPosition, data: string): string {
  return `{"id":${JSON.stringify(eventId(position))},"type":"${type}","data":${data}}`;
}
