import type { TextPosition } from '@treadle/engine';
import { FailureError } from '@treadle/failure';

/** What a reader of a stream has: every event up to `sequence`, and so much of the text. */
export interface StreamPosition {
  readonly sequence: number;
  readonly text: TextPosition;
}

export const streamBeginning: StreamPosition = { sequence: 0, text: { offset: 0 } };

/** `<sequence>.<text offset>`, and while the end of the text is live also `.<where it begins>.<execution>`. Opaque to clients. */
export function eventId({ sequence, text }: StreamPosition): string {
  const base = `${sequence}.${text.offset}`;
  return text.live ? `${base}.${text.live.start}.${text.live.execution}` : base;
}

const shape = /^(\d{1,10})\.(\d{1,10})(?:\.(\d{1,10})\.([A-Za-z0-9_:-]{1,100}))?$/;

/** @throws FailureError `invalid_argument` when the text is no id of ours. */
export function parseEventId(text: string): StreamPosition {
  const match = shape.exec(text);
  if (!match) throw badEventId('is not an id of an event in this stream');
  const [, sequence, offset, start, execution] = match;
  const live = execution === undefined ? undefined : { start: Number(start), execution };
  return { sequence: Number(sequence), text: { offset: Number(offset), ...(live && { live }) } };
}

export function badEventId(problem: string): FailureError {
  return FailureError.of(
    'invalid_argument',
    `Last-Event-ID ${problem}. Send the id of the last event you received, or leave it out to read from the beginning.`,
    { field: 'Last-Event-ID' },
  );
}
