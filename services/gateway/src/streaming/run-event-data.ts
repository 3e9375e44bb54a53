import type { TextPatch } from '@treadle/engine';
import { withAddresses } from './large-values.js';
import { iso, publicEvent } from './public-event.js';
import type { FedEvent } from './run-feed.js';
import type { RunVersion } from './run-stream.js';

/** What the native API and GraphQL tell of the events of a run, as JSON text. */
export class RunEventData {
  constructor(
    private readonly runId: string,
    private readonly names: RunVersion['names'],
    /** The token and the address by which the question of a node is answered; empty where they cannot be had. */
    private readonly asked: (key: string) => Promise<{ readonly token?: string; readonly url?: string }>,
  ) {}

  async ofEvent({ sequence, atUnixMs, event }: FedEvent): Promise<string> {
    const asked = event.type === 'node-waiting' && event.form ? await this.asked(event.key) : {};
    const fields = { ...publicEvent(event, this.names), ...asked };
    return withAddresses(JSON.stringify({ run_id: this.runId, sequence, at: iso(atUnixMs), ...fields }));
  }

  ofText({ offset, text, node }: TextPatch): string {
    return JSON.stringify({ run_id: this.runId, offset, text, node });
  }
}
