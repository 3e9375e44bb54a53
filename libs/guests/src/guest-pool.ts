import type { Guest } from './guest.js';

export interface GuestPoolOptions<Call, Reply> {
  /** The most guests at a time, and so the most calls. */
  readonly size: number;
  readonly start: () => Promise<Guest<Call, Reply>>;
  /** When a guest that has not answered is ended. It should be some time after the guest's own limit. */
  readonly watchdogMs: number;
  /** The reply in the name of a guest that was ended for that. */
  readonly late: Reply;
  /** Whether a guest is of no more use after this reply. */
  readonly isSpent: (reply: Reply) => boolean;
  /** Calls after which a guest is replaced. */
  readonly callsOfGuest: number;
  /** Whether a guest serves the calls of one owner alone, all its life: where something of a call may stay behind. */
  readonly oneOwner: boolean;
  /** Time without a call after which a guest is ended; absent keeps it. */
  readonly idleMs?: number;
}

interface Place<Call, Reply> {
  readonly guest: Promise<Guest<Call, Reply>>;
  owner: string | undefined;
  calls: number;
  idle?: NodeJS.Timeout;
}

interface Waiting<Call, Reply> {
  readonly owner: string;
  readonly enter: (place: Place<Call, Reply>) => void;
}

/** Keeps guests warm and gives each one call at a time. A guest that was ended, died or had to be stopped is never used again. */
export class GuestPool<Call, Reply> {
  private readonly busy = new Set<Place<Call, Reply>>();
  private idle: Place<Call, Reply>[] = [];
  private waiting: Waiting<Call, Reply>[] = [];

  constructor(private readonly options: GuestPoolOptions<Call, Reply>) {}

  /** Starts guests before anybody asks. */
  async warm(count: number): Promise<void> {
    while (this.count < Math.min(count, this.options.size)) this.rest(this.place());
    await Promise.all(this.idle.map(({ guest }) => guest));
  }

  /**
   * Runs one call. The signal ends it, and the guest with it; the promise then rejects with the signal's reason. Rejects too when the
   * guest died.
   */
  async run(owner: string, call: Call, signal: AbortSignal): Promise<Reply> {
    const { place, guest } = await this.readyPlace(owner, signal);
    let reusable = false;
    try {
      const reply = await this.watched(guest, call, signal);
      place.calls += 1;
      reusable = !this.options.isSpent(reply) && place.calls < this.options.callsOfGuest;
      return reply;
    } finally {
      this.leave(place, reusable);
    }
  }

  /** Ends every guest. Calls under way are cut off. */
  async close(): Promise<void> {
    const places = [...this.busy, ...this.idle];
    this.idle = [];
    await Promise.all(places.map(end));
  }

  private get count(): number {
    return this.busy.size + this.idle.length;
  }

  private async watched(guest: Guest<Call, Reply>, call: Call, signal: AbortSignal): Promise<Reply> {
    const stopped = Promise.withResolvers<Reply>();
    const stop = () => stopped.reject(signal.reason as Error);
    const timer = setTimeout(() => stopped.resolve(this.options.late), this.options.watchdogMs);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const reply = guest.run(call);
      // Where the watchdog was faster, the guest's death is no news.
      reply.catch(() => undefined);
      return await Promise.race([stopped.promise, reply]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  /** A guest that waits for the call. One that ended after its last call is passed over: this call is not what ended it. */
  private async readyPlace(
    owner: string,
    signal: AbortSignal,
  ): Promise<{ place: Place<Call, Reply>; guest: Guest<Call, Reply> }> {
    for (;;) {
      const place = await this.enter(owner, signal);
      const guest = await place.guest.catch((error: unknown) => {
        this.leave(place, false);
        throw error;
      });
      if (await this.isReady(guest)) return { place, guest };
      this.leave(place, false);
    }
  }

  /** A guest has as little time to get ready as for a call. */
  private async isReady(guest: Guest<Call, Reply>): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), this.options.watchdogMs);
    try {
      return await Promise.race([guest.ready(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async enter(owner: string, signal: AbortSignal): Promise<Place<Call, Reply>> {
    signal.throwIfAborted();
    const place = this.freePlace(owner) ?? (await this.turn(owner, signal));
    clearTimeout(place.idle);
    place.owner = owner;
    this.busy.add(place);
    return place;
  }

  /** An idle guest that may serve the owner; otherwise a new one, for which another owner's idle guest may have to go. */
  private freePlace(owner: string): Place<Call, Reply> | undefined {
    const ready = this.idle.find(
      (place) => !this.options.oneOwner || place.owner === undefined || place.owner === owner,
    );
    if (ready) {
      this.idle = this.idle.filter((place) => place !== ready);
      return ready;
    }
    if (this.count < this.options.size) return this.place();
    const stranger = this.idle.shift();
    if (stranger === undefined) return undefined;
    clearTimeout(stranger.idle);
    void end(stranger);
    return this.place();
  }

  /** Waits in line for a place, or until the signal fires. */
  private turn(owner: string, signal: AbortSignal): Promise<Place<Call, Reply>> {
    const { promise, resolve, reject } = Promise.withResolvers<Place<Call, Reply>>();
    const giveUp = () => {
      this.waiting = this.waiting.filter((one) => one !== waiting);
      reject(signal.reason as Error);
    };
    const enter = (place: Place<Call, Reply>) => {
      signal.removeEventListener('abort', giveUp);
      resolve(place);
    };
    const waiting = { owner, enter };
    this.waiting.push(waiting);
    signal.addEventListener('abort', giveUp, { once: true });
    return promise;
  }

  private leave(place: Place<Call, Reply>, reusable: boolean): void {
    this.busy.delete(place);
    if (reusable) this.rest(place);
    else void end(place);
    const [first] = this.waiting;
    const free = first && this.freePlace(first.owner);
    if (first === undefined || free === undefined) return;
    this.waiting.shift();
    this.busy.add(free);
    first.enter(free);
  }

  private place(): Place<Call, Reply> {
    const guest = this.options.start();
    const place: Place<Call, Reply> = { guest, owner: undefined, calls: 0 };
    const forget = () => {
      this.idle = this.idle.filter((one) => one !== place);
    };
    guest.then(({ gone }) => gone).then(forget, forget);
    return place;
  }

  private rest(place: Place<Call, Reply>): void {
    this.idle.unshift(place);
    if (this.options.idleMs === undefined) return;
    place.idle = setTimeout(() => {
      this.idle = this.idle.filter((one) => one !== place);
      void end(place);
    }, this.options.idleMs).unref();
  }
}

/** A guest that never came to life needs no end. */
async function end<Call, Reply>({ guest, idle }: Place<Call, Reply>): Promise<void> {
  clearTimeout(idle);
  await guest.then(
    (started) => started.kill(),
    () => undefined,
  );
}
