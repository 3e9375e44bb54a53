import { createParser, type EventSourceMessage } from 'eventsource-parser';

export interface StreamEvent {
  readonly data: string;
  /** Empty where the event has none. */
  readonly id: string;
}

/** What an event stream told about itself, for going on with it later. */
export interface StreamState {
  lastEventId: string;
  /** Milliseconds the server asks to wait before the next try. */
  retryMs: number | undefined;
}

/** Reads server-sent events as they come and keeps the state up to date. */
export async function* readEvents(body: AsyncIterable<Uint8Array>, state: StreamState): AsyncGenerator<StreamEvent> {
  const ready: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => ready.push(event),
    onRetry: (retryMs) => {
      state.retryMs = retryMs;
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const event of ready.splice(0)) {
      if (event.id) state.lastEventId = event.id;
      if (event.event === undefined || event.event === 'message') yield { data: event.data, id: event.id ?? '' };
    }
  }
}
