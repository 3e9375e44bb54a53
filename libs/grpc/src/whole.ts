/** A stream that may be read in one piece too, which costs less where nobody needs it piece by piece and both sides are in one process. */
export class Whole<Message> implements AsyncIterable<Message> {
  /** `all` is called at most once. */
  constructor(readonly all: () => Promise<readonly Message[]>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Message> {
    yield* await this.all();
  }
}

/** Every message of a stream. Throws what the stream throws. */
export async function collect<Message>(stream: AsyncIterable<Message>): Promise<readonly Message[]> {
  if (stream instanceof Whole) return await (stream as Whole<Message>).all();
  return await Array.fromAsync(stream);
}
