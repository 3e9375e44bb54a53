export interface ReceivedEvent {
  readonly type: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

/** Reads a stream the way the API tells clients to. */
export class EventReader {
  readonly events: ReceivedEvent[] = [];
  text = '';
  lastId = '';
  comments = '';
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly decoder = new TextDecoder();
  private buffer = '';

  constructor(response: Response) {
    if (response.status !== 200) throw new Error(`no stream but ${response.status}`);
    this.reader = response.body!.getReader();
  }

  /** A reader of the next connection that knows what this one has. */
  continuedBy(response: Response): EventReader {
    const next = new EventReader(response);
    next.text = this.text;
    next.lastId = this.lastId;
    return next;
  }

  /** Reads on until an event (or what was read altogether) is as wanted. */
  async until(wanted: (event: ReceivedEvent) => boolean): Promise<void> {
    for (;;) {
      const event = await this.next();
      if (!event) throw new Error(`the stream ended after ${JSON.stringify(this.events)}`);
      if (wanted(event)) return;
    }
  }

  async end(): Promise<void> {
    while (await this.next());
  }

  drop(): void {
    void this.reader.cancel();
  }

  async next(): Promise<ReceivedEvent | undefined> {
    for (;;) {
      const end = this.buffer.indexOf('\n\n');
      if (end >= 0) {
        const frame = this.buffer.slice(0, end);
        this.buffer = this.buffer.slice(end + 2);
        const event = this.take(frame);
        if (event) return event;
        continue;
      }
      const { done, value } = await this.reader.read();
      if (done) return undefined;
      this.buffer += this.decoder.decode(value, { stream: true });
    }
  }

  private take(frame: string): ReceivedEvent | undefined {
    const fields = new Map(
      frame.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const comment = fields.get('');
    if (comment !== undefined) {
      this.comments += comment;
      return undefined;
    }
    const event = {
      type: fields.get('event')!,
      id: fields.get('id')!,
      data: JSON.parse(fields.get('data')!) as Record<string, unknown>,
    };
    this.events.push(event);
    this.lastId = event.id;
    if (event.type === 'text-delta')
      this.text = this.text.slice(0, event.data.offset as number) + (event.data.text as string);
    return event;
  }
}
