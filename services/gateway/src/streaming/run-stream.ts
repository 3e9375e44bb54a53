import { type Delta, runDeltasSubject, type TextSoFarResponse, textSoFarSubject } from '@treadle/contracts';
import { type RunEvent, RunText, type RunTextPlan, type TextPatch } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { Subscription } from '@treadle/messaging';
import { badEventId, eventId, type StreamPosition, streamBeginning } from './event-id.js';
import { withAddresses, withTexts } from './large-values.js';
import { iso, type NodeNames, publicEvent } from './public-event.js';
import { type FedEvent, type FeedSources, RunFeed } from './run-feed.js';
import { Wake } from './wake.js';

/** What a stream of a run needs to know of the run's version. */
export interface RunVersion {
  readonly text: RunTextPlan;
  readonly names: (key: string) => NodeNames | undefined;
}

/** The run to follow. */
export interface FollowedRun {
  readonly tenantId: string;
  readonly runId: string;
  readonly version: RunVersion;
  /** The token and the address by which the question of a node is answered; empty where they cannot be had. */
  readonly asked: (key: string) => Promise<{ readonly token?: string; readonly url?: string }>;
}

/** Where a stream goes: one open answer. */
export interface StreamSink {
  readonly open: boolean;
  /** Resolves when there is room for more, or nobody is left to read. */
  write(frame: string): Promise<void>;
  end(lastWords?: string): void;
}

const heartbeatMs = 15_000;
/** Executors answer at once or not at all. */
const textSoFarMs = 150;
/** Deltas that arrived before the text they continue; more are found again by asking for the text so far. */
const maxEarly = 64;

/** The events and the text of one run for one connection. See the README for the protocol. */
export class RunStream {
  private readonly wake = new Wake();
  private readonly text: RunText;
  private feed: RunFeed | undefined;
  private deltas: Subscription | undefined;
  /** Number of the last event the reader has, and of the last one the text knows. */
  private sequence = 0;
  private applied = 0;
  /** Events of the past that are still to be written. */
  private backlog: readonly FedEvent[] = [];
  private early: Delta[] = [];
  private asking = false;
  private farewell: string | undefined;

  constructor(
    private readonly sources: FeedSources,
    private readonly run: FollowedRun,
    private readonly from: StreamPosition = streamBeginning,
    /** Whether executors may have spoken before this stream listens. Otherwise a gap in the text tells. */
    private askText = true,
  ) {
    this.text = new RunText(run.version.text);
  }

  /**
   * Listens and reads the journal so far. What can be refused is refused here, before the answer has begun.
   * @throws FailureError `invalid_argument` for a position where nobody can have been, `unavailable`, `not_found`.
   */
  async join(): Promise<void> {
    const { tenantId, runId } = this.run;
    this.deltas = await this.sources.bus.subscribe(runDeltasSubject(runId), (delta) => this.hear(delta));
    this.feed = await RunFeed.open(this.sources, tenantId, runId, () => this.wake.notify());
    const events = await this.feed.collect(Date.now());
    if (this.from === streamBeginning) this.backlog = events;
    else await this.returnTo(this.from, events);
  }

  /** Writes until the run has ended, the reader is gone or `stop` was called. */
  async pipe(sink: StreamSink): Promise<void> {
    const feed = this.joined();
    let beatAt = Date.now() + heartbeatMs;
    await this.writeText(sink);
    await this.writeEvents(sink, this.backlog);
    this.backlog = [];
    while (sink.open && !feed.ended && this.farewell === undefined) {
      await this.writeText(sink);
      if (this.askText && !this.asking) void this.catchUp();
      const now = Date.now();
      if (now >= beatAt) {
        await sink.write(': still here\n\n');
        beatAt = now + heartbeatMs;
      }
      await this.wake.wait(Math.min(feed.sleepMs(now), Math.max(0, beatAt - now)));
      await this.writeEvents(sink, await this.news(feed));
    }
    sink.end(this.farewell);
  }

  /** Ends the stream early with a comment; the reader comes back with its last id. */
  stop(comment: string): void {
    this.farewell = `: ${comment}\n\n`;
    this.wake.notify();
  }

  /** To be called when the reader is gone. */
  notify(): void {
    this.wake.notify();
  }

  async close(): Promise<void> {
    await Promise.all([this.deltas?.close(), this.feed?.close()]);
  }

  private joined(): RunFeed {
    if (!this.feed) throw FailureError.of('internal', 'The stream was read before it was joined.');
    return this.feed;
  }

  private hear(delta: Delta): void {
    this.feed?.touch(Date.now());
    const outcome = this.text.add(delta);
    if (outcome === 'ignored') return;
    if (outcome === 'gap') {
      if (this.early.length < maxEarly) this.early.push(delta);
      this.askText = true;
    }
    this.wake.notify();
  }

  /** Asks the executors for what was missed, then takes what came too early. */
  private async catchUp(): Promise<void> {
    this.askText = false;
    this.asking = true;
    const question = { runId: this.run.runId };
    const answers = await this.sources.bus.requestAll(textSoFarSubject, question, textSoFarMs).catch(noAnswer);
    for (const { texts } of answers)
      for (const delta of texts) if (delta.runId === this.run.runId) this.text.add(delta);
    const early = this.early.splice(0).sort((a, b) => a.offset - b.offset);
    for (const delta of early) this.text.add(delta);
    this.asking = false;
    this.wake.notify();
  }

  /** The text that a returning reader lacks can only be told from all of the journal, so it comes before the events it missed. */
  private async returnTo({ sequence, text }: StreamPosition, events: readonly FedEvent[]): Promise<void> {
    const last = events.at(-1)?.sequence ?? 0;
    if (sequence > last) throw badEventId(`names event ${sequence}, but the run has only ${last}`);
    for (const { event } of events) await this.applyToText(event);
    if (!this.text.resume(text)) throw badEventId('names a place in the text that the run has not reached');
    this.sequence = sequence;
    this.applied = last;
    this.backlog = events.slice(sequence);
  }

  private async news(feed: RunFeed): Promise<readonly FedEvent[]> {
    // A journal that cannot be read now is read again later; the reader sees heartbeats until then.
    return feed.collect(Date.now()).catch(() => []);
  }

  private async writeEvents(sink: StreamSink, events: readonly FedEvent[]): Promise<void> {
    for (const fed of events) {
      if (!sink.open) return;
      if (fed.sequence > this.applied) await this.applyToText(fed.event);
      // Text first: an id promises that all text its event brought has been sent.
      await this.writeText(sink);
      await this.writeEvent(sink, fed);
    }
  }

  private async applyToText(event: RunEvent): Promise<void> {
    const { tenantId, version } = this.run;
    const isShown =
      event.type === 'run-started' || (event.type === 'node-completed' && version.text.named.has(event.key));
    this.text.apply(isShown ? await withTexts(event, (value) => this.sources.values.readBack(tenantId, value)) : event);
  }

  private async writeEvent(sink: StreamSink, { sequence, atUnixMs, event }: FedEvent): Promise<void> {
    this.sequence = sequence;
    const { type } = event;
    const asked = type === 'node-waiting' && event.form ? await this.run.asked(event.key) : {};
    const fields = { ...publicEvent(event, this.run.version.names), ...asked };
    const data = { run_id: this.run.runId, sequence, at: iso(atUnixMs), ...fields };
    await sink.write(`event: ${type}\nid: ${this.id()}\ndata: ${withAddresses(JSON.stringify(data))}\n\n`);
  }

  private async writeText(sink: StreamSink): Promise<void> {
    if (!sink.open) return;
    const patch = this.text.take();
    if (patch) await sink.write(`event: text-delta\nid: ${this.id()}\ndata: ${this.deltaJson(patch)}\n\n`);
  }

  private deltaJson({ offset, text, node }: TextPatch): string {
    return JSON.stringify({ run_id: this.run.runId, offset, text, node });
  }

  private id(): string {
    return eventId({ sequence: this.sequence, text: this.text.position() });
  }
}

function noAnswer(): TextSoFarResponse[] {
  return [];
}
