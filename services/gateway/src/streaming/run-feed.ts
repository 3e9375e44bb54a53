import { type JournalEntry, type RunServiceService, runEventsSubject } from '@treadle/contracts';
import type { RunEvent } from '@treadle/engine';
import type { Handlers } from '@treadle/grpc';
import type { MessageBus, Subscription } from '@treadle/messaging';
import type { Json } from '@treadle/workflow';

/** An event in its place in the run. */
export interface FedEvent {
  readonly sequence: number;
  readonly atUnixMs: number;
  readonly event: RunEvent;
}

export interface FeedSources {
  readonly bus: MessageBus;
  readonly runs: Pick<Handlers<RunServiceService>, 'readJournal'>;
  /** Reads large values back where their text is to be shown. */
  readonly values: { readBack(tenantId: string, value: Json): Promise<Json> };
}

/** While nothing comes the journal is read this often, since announcements may be lost. */
const quietMs = 2000;
/** After a reading that failed the next one waits this long. */
const afterFailureMs = 500;
/** More announcements than this are dropped and read from the journal instead. */
const maxInbox = 256;

/**
 * The events of one run in order and without gaps, from its journal and its announcements on the bus. Announcements are a
 * hint: lost, repeated or reordered ones cost a read of the journal and nothing else.
 */
export class RunFeed {
  private inbox: JournalEntry[] = [];
  private sequence = 0;
  private mustRead = true;
  private heardAt = 0;
  private failedAt = Number.NEGATIVE_INFINITY;
  private isOver = false;
  private subscription: Subscription | undefined;

  private constructor(
    private readonly sources: FeedSources,
    private readonly tenantId: string,
    private readonly runId: string,
    private readonly notify: () => void,
  ) {}

  /** Listens first and reads later, so that nothing falls between. `notify` is called when there may be something to collect. */
  static async open(sources: FeedSources, tenantId: string, runId: string, notify: () => void): Promise<RunFeed> {
    const feed = new RunFeed(sources, tenantId, runId, notify);
    feed.subscription = await sources.bus.subscribe(runEventsSubject(runId), (entry) => feed.hear(entry));
    return feed;
  }

  /** Whether every event of a finished run has been collected. */
  get ended(): boolean {
    return this.isOver;
  }

  /** Other signs of life put off the next reading of the journal. */
  touch(nowMs: number): void {
    this.heardAt = nowMs;
  }

  /** How long the reader may sleep before the journal is to be read again. */
  sleepMs(nowMs: number): number {
    const due = Math.max(this.mustRead ? 0 : this.heardAt + quietMs, this.failedAt + afterFailureMs);
    return Math.max(0, due - nowMs);
  }

  /**
   * The next events, as many as are known; reads the journal when there may be more than was announced.
   * @throws FailureError when the journal cannot be read; a later call tries again and nothing is missed.
   */
  async collect(nowMs: number): Promise<readonly FedEvent[]> {
    const events: FedEvent[] = [];
    this.takeInbox(events);
    if (events.length > 0) this.heardAt = nowMs;
    if (this.isOver || this.sleepMs(nowMs) > 0) return events;
    try {
      await this.read(events);
      this.heardAt = nowMs;
    } catch (error) {
      this.failedAt = nowMs;
      if (events.length === 0) throw error;
    }
    return events;
  }

  async close(): Promise<void> {
    await this.subscription?.close();
  }

  private hear(entry: JournalEntry): void {
    if (entry.firstSequence <= this.sequence) return;
    if (this.inbox.length >= maxInbox) {
      this.inbox = [];
      this.mustRead = true;
    } else this.inbox.push(entry);
    this.notify();
  }

  private takeInbox(events: FedEvent[]): void {
    if (this.inbox.length === 0) return;
    const entries = this.inbox.sort((a, b) => a.firstSequence - b.firstSequence);
    this.inbox = [];
    for (const entry of entries) {
      if (entry.firstSequence > this.sequence + 1) this.mustRead = true;
      else this.takeEntry(entry, events);
    }
  }

  private async read(events: FedEvent[]): Promise<void> {
    const request = { tenantId: this.tenantId, runId: this.runId, afterSequence: this.sequence, limit: 0 };
    const { entries, ended } = await this.sources.runs.readJournal(request);
    this.mustRead = false;
    for (const entry of entries) this.takeEntry(entry, events);
    this.isOver ||= ended && entries.length === 0;
    this.takeInbox(events);
  }

  private takeEntry(entry: JournalEntry, events: FedEvent[]): void {
    if (entry.firstSequence !== this.sequence + 1) return;
    for (const event of JSON.parse(entry.eventsJson) as RunEvent[]) {
      this.sequence += 1;
      events.push({ sequence: this.sequence, atUnixMs: entry.atUnixMs, event });
      if (isLast(event)) this.isOver = true;
    }
  }
}

function isLast({ type }: RunEvent): boolean {
  return type === 'run-completed' || type === 'run-failed' || type === 'run-cancelled';
}
