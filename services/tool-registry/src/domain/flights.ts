import { FailureError } from '@treadle/failure';
import type { Ending } from './call-record.js';

/** The calls this process makes at the moment. */
export class Flights {
  private readonly flights = new Map<string, Promise<Ending>>();
  private closed = false;
  private readonly stopping = new AbortController();

  /** Whether the process stops, so that nothing can be waited for. */
  get closing(): boolean {
    return this.closed;
  }

  of(id: string): Promise<Ending> | undefined {
    return this.flights.get(id);
  }

  /** `work` is given the signal that the process stops. */
  begin(id: string, work: (stopping: AbortSignal) => Promise<Ending>): Promise<Ending> {
    const flight = work(this.stopping.signal).finally(() => this.flights.delete(id));
    this.flights.set(id, flight);
    // Whoever asked for it may be gone when it fails.
    flight.catch(() => undefined);
    return flight;
  }

  /** Lets the calls end within the limit, then cuts them; resolves when the endings of all are written. */
  async close(limitMs: number): Promise<void> {
    this.closed = true;
    const timer = setTimeout(() => this.stopping.abort(stopped()), limitMs);
    while (this.flights.size > 0) await Promise.allSettled(this.flights.values());
    clearTimeout(timer);
  }
}

const stopped = () => FailureError.of('unavailable', 'The tool registry was stopped while the call was under way.');
