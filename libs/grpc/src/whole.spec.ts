import { ModelServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { inProcessHandlers } from './in-process.js';
import { collect, Whole } from './whole.js';

const messages = [1, 2, 3];

async function* streamed() {
  yield* messages;
}

describe('a stream that may be read in one piece', () => {
  it('is the same piece by piece', async () => {
    expect(await Array.fromAsync(new Whole(async () => messages))).toEqual(messages);
  });

  it('is collected at once, as others are by their pieces', async () => {
    expect(await collect(new Whole(async () => messages))).toBe(messages);
    expect(await collect(streamed())).toEqual(messages);
  });

  it('stays one in this process, where an unknown error becomes internal and an abort ends it', async () => {
    const errors: unknown[] = [];
    const answer = async (): Promise<never> => {
      throw new Error('a bug');
    };
    const clientOf = (chat: () => AsyncIterable<unknown>) =>
      inProcessHandlers({ chat: ModelServiceService.chat }, { chat } as never, (_, error) => errors.push(error));
    const failing = clientOf(() => new Whole(answer)).chat({} as never);
    expect(failing).toBeInstanceOf(Whole);
    await expect(collect(failing)).rejects.toThrow(FailureError);
    expect(errors).toHaveLength(1);
    const gone = new AbortController();
    const endless = clientOf(() => new Whole(() => new Promise(() => undefined)));
    const collecting = collect(endless.chat({} as never, { signal: gone.signal }));
    gone.abort();
    await expect(collecting).rejects.toMatchObject({ failure: { code: 'cancelled' } });
  });
});
