import type { TextPatch } from '@treadle/engine';
import { eventId, type StreamPosition } from './event-id.js';
import { withAddresses } from './large-values.js';
import { iso, publicEvent } from './public-event.js';
import type { FedEvent } from './run-feed.js';
import type { RunVersion } from './run-stream.js';
import type { StreamView } from './stream-view.js';

/** A run as the native API shows it. See the README for the protocol. */
export class NativeView implements StreamView {
  readonly opening = '';
  readonly beat = ': still here\n\n';
  readonly beatMs = 15_000;
  readonly farewell = ': the server is stopping; reconnect with Last-Event-ID\n\n';
  readonly ended = false;

  constructor(
    private readonly runId: string,
    private readonly names: RunVersion['names'],
    /** The token and the address by which the question of a node is answered; empty where they cannot be had. */
    private readonly asked: (key: string) => Promise<{ readonly token?: string; readonly url?: string }>,
  ) {}

  async event({ sequence, atUnixMs, event }: FedEvent, position: StreamPosition): Promise<string> {
    const { type } = event;
    const asked = type === 'node-waiting' && event.form ? await this.asked(event.key) : {};
    const fields = { ...publicEvent(event, this.names), ...asked };
    const data = { run_id: this.runId, sequence, at: iso(atUnixMs), ...fields };
    return `event: ${type}\nid: ${eventId(position)}\ndata: ${withAddresses(JSON.stringify(data))}\n\n`;
  }

  text({ offset, text, node }: TextPatch, position: StreamPosition): string {
    const data = { run_id: this.runId, offset, text, node };
    return `event: text-delta\nid: ${eventId(position)}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}
