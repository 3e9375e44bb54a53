import { FailureError } from '@treadle/failure';

/** How long a target may take, in milliseconds. */
export interface Patience {
  /** To the first part of the answer. */
  readonly firstTokenMs: number;
  /** Between two parts. */
  readonly silenceMs: number;
}

/** The parts as they come; calls `giveUp` when the next one takes too long. Time that the reader takes does not count. */
export async function* watched<Part>(
  parts: AsyncIterable<Part>,
  { firstTokenMs, silenceMs }: Patience,
  giveUp: (why: FailureError) => void,
): AsyncGenerator<Part> {
  let waitingSince: number | undefined = performance.now();
  let limitMs = firstTokenMs;
  // One timer that looks at the clock costs less than one that is set anew for every token.
  const look = () => {
    const waitedMs = waitingSince === undefined ? 0 : performance.now() - waitingSince;
    if (waitedMs >= limitMs) giveUp(silent(limitMs, limitMs === firstTokenMs));
    else timer = setTimeout(look, limitMs - waitedMs);
  };
  let timer = setTimeout(look, limitMs);
  try {
    for await (const part of parts) {
      waitingSince = undefined;
      if (limitMs !== silenceMs) {
        limitMs = silenceMs;
        clearTimeout(timer);
        timer = setTimeout(look, limitMs);
      }
      yield part;
      waitingSince = performance.now();
    }
  } finally {
    clearTimeout(timer);
  }
}

function silent(limitMs: number, first: boolean): FailureError {
  const when = first ? 'did not begin to answer' : 'fell silent in the middle of its answer';
  const message = `The model ${when}: it was silent for ${limitMs / 1_000} s.`;
  return FailureError.of(first ? 'provider_unavailable' : 'provider_stream_cut', message);
}
