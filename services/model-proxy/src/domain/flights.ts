/** Answers on their way, each shared by all who ask the same meanwhile. */
export class Flights<Part> {
  private readonly running = new Map<string, Flight<Part>>();

  /** Follows the flight with this key, or starts one. `leads` says which. */
  join(key: string, start: (signal: AbortSignal) => AsyncIterable<Part>, landed: (parts: readonly Part[]) => void) {
    const already = this.running.get(key);
    if (already) return { flight: already, leads: false };
    const flight = new Flight<Part>();
    this.running.set(key, flight);
    void flight.run(start).then((parts) => {
      this.running.delete(key);
      if (parts) landed(parts);
    });
    return { flight, leads: true };
  }
}

/** One answer that any number of readers follow from its beginning. It goes on as long as one of them is there. */
export class Flight<Part> {
  private readonly parts: Part[] = [];
  private readonly abort = new AbortController();
  private over: { readonly error: unknown } | 'landed' | undefined;
  private followers = 0;
  private news = Promise.withResolvers<void>();

  /** The parts, or undefined when it failed: then every follower is told why. */
  async run(start: (signal: AbortSignal) => AsyncIterable<Part>): Promise<readonly Part[] | undefined> {
    try {
      for await (const part of start(this.abort.signal)) {
        this.parts.push(part);
        this.announce();
      }
      this.over = 'landed';
      return this.parts;
    } catch (error) {
      this.over = { error };
      return undefined;
    } finally {
      this.announce();
    }
  }

  /** Throws what the flight failed with, or what the signal was aborted with. */
  async *follow(signal: AbortSignal): AsyncGenerator<Part> {
    this.followers += 1;
    const gone = Promise.withResolvers<never>();
    gone.promise.catch(() => undefined);
    const leave = () => gone.reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    try {
      for (let next = 0; ; ) {
        signal.throwIfAborted();
        const news = this.news.promise;
        for (; next < this.parts.length; next += 1) yield this.parts[next] as Part;
        if (this.over === 'landed') return;
        if (this.over) throw this.over.error;
        await Promise.race([news, gone.promise]);
      }
    } finally {
      signal.removeEventListener('abort', leave);
      this.followers -= 1;
      if (this.followers === 0 && !this.over) this.abort.abort();
    }
  }

  private announce(): void {
    const { resolve } = this.news;
    this.news = Promise.withResolvers<void>();
    resolve();
  }
}
