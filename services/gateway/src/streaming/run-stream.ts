import { type Delta, runDeltasSubject, type TextSoFarResponse, textSoFarSubject } from '@treadle/contracts';
import { type RunEvent, RunText, type RunTextPlan } from '@treadle/engine';
import { type Failure, FailureError } from '@treadle/failure';
import type { Subscription } from '@treadle/messaging';
import type { Plan } from '@treadle/workflow';
import { badEventId, type StreamPosition, streamBeginning } from './event-id.js';
import { withTexts } from './large-values.js';
import type { NodeNames } from './public-event.js';
import { type FedEvent, type FeedSources, RunFeed } from './run-feed.js';
import type { StreamView } from './stream-view.js';
import { Wake } from './wake.js';

/** What a stream of a run needs to know of the run's version. */
export interface RunVersion {
  readonly text: RunTextPlan;
  readonly names: (key: string) => NodeNames | undefined;
  /** Absent where the version cannot be compiled any more. */
  readonly plan?: Plan;
}

/** The run to follow. */
export interface FollowedRun {
  readonly tenantId: string;
  readonly runId: string;
  readonly version: RunVersion;
  /** How its reader is told of it. */
  readonly view: StreamView;
}

/** Where a stream goes: one open answer. */
export interface StreamSink {
  readonly open: boolean;
  /** Resolves when there is room for more, or nobody is left to read. */
  write(frame: string): Promise<void>;
  end(lastWords?: string): void;
}

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
    const { view } = this.run;
    let beatAt = Date.now() + view.beatMs;
    await this.write(sink, view.opening);
    await this.writeText(sink);
    await this.writeEvents(sink, this.backlog);
    this.backlog = [];
    while (sink.open && !feed.ended && !view.ended && this.farewell === undefined) {
      await this.writeText(sink);
      if (this.askText && !this.asking) void this.catchUp();
      const now = Date.now();
      if (now >= beatAt) {
        await sink.write(view.beat);
        beatAt = now + view.beatMs;
      }
      await this.wake.wait(Math.min(feed.sleepMs(now), Math.max(0, beatAt - now)));
      await this.writeEvents(sink, await this.news(feed));
    }
    sink.end(view.ended ? undefined : this.farewell);
  }

  /**
   * Ends the stream early; the run goes on.
   * @param reason why this reader is told nothing more; without it the server stops.
   */
  stop(reason?: Failure): void {
    const { view } = this.run;
    this.farewell = reason ? view.error(reason) : view.farewell;
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
      if (!sink.open || this.run.view.ended || this.farewell !== undefined) return;
      if (fed.sequence > this.applied) await this.applyToText(fed.event);
      // Text first: an id promises that all text its event brought has been sent.
      await this.writeText(sink);
      this.sequence = fed.sequence;
      await this.write(sink, await this.run.view.event(fed, this.position()));
    }
  }

  private async applyToText(event: RunEvent): Promise<void> {
    const { tenantId, version } = this.run;
    const isShown =
      event.type === 'run-started' || (event.type === 'node-completed' && version.text.named.has(event.key));
    this.text.apply(isShown ? await withTexts(event, (value) => this.sources.values.readBack(tenantId, value)) : event);
  }

  private async writeText(sink: StreamSink): Promise<void> {
    if (!sink.open) return;
    const patch = this.text.take();
    if (patch) await this.write(sink, this.run.view.text(patch, this.position()));
  }

  /** What a view leaves out is empty. */
  private async write(sink: StreamSink, frames: string): Promise<void> {
    if (frames !== '') await sink.write(frames);
  }

  private position(): StreamPosition {
    return { sequence: this.sequence, text: this.text.position() };
  }
}

function noAnswer(): TextSoFarResponse[] {
  return [];
}
