/** Takes one part of an answer. Where it gives a promise, the next part is to wait for that: the reader is slow. */
export type Emit<Part> = (part: Part) => void | Promise<void>;

/** Parts that wait for their reader before the sender is asked to. */
const mostWaiting = 64;

/**
 * The parts that `push` emits, for a reader that asks for them. An answer passes many hands, and a call costs each of them less than a turn of
 * a generator; only at the end somebody wants to pull. `left` is told when the reader goes away before the end.
 */
export async function* pulled<Part>(
  push: (emit: Emit<Part>) => Promise<void>,
  left: () => void,
): AsyncGenerator<Part, void, undefined> {
  const queue = new Queue<Part>();
  const pushing = push(queue.emit).then(
    () => queue.close('ended'),
    (error: unknown) => queue.close({ error }),
  );
  try {
    while (await queue.filled()) for (const part of queue.take()) yield part;
  } finally {
    if (queue.isOpen) left();
    queue.close('ended');
    await pushing;
  }
}

class Queue<Part> {
  private parts: Part[] = [];
  private over: { readonly error: unknown } | 'ended' | undefined;
  private wake: (() => void) | undefined;
  private room: PromiseWithResolvers<void> | undefined;

  get isOpen(): boolean {
    return this.over === undefined;
  }

  readonly emit = (part: Part): void | Promise<void> => {
    if (!this.isOpen) return;
    this.parts.push(part);
    this.wake?.();
    if (this.parts.length < mostWaiting) return;
    this.room ??= Promise.withResolvers<void>();
    return this.room.promise;
  };

  /** Whether there is something to take; throws what the pushing failed with once all was taken. */
  async filled(): Promise<boolean> {
    while (this.parts.length === 0) {
      if (this.over === 'ended') return false;
      if (this.over) throw this.over.error;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return true;
  }

  take(): Part[] {
    const taken = this.parts;
    this.parts = [];
    this.room?.resolve();
    this.room = undefined;
    return taken;
  }

  close(how: { readonly error: unknown } | 'ended'): void {
    this.over ??= how;
    this.room?.resolve();
    this.wake?.();
  }
}
