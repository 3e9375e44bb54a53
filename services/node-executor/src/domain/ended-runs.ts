/** A run that is forgotten costs work whose result is refused, nothing else. */
const mostRemembered = 10_000;

/** Runs that ended lately before their tasks did: some of these may still be on their way here. */
export class EndedRuns {
  readonly #ids = new Set<string>();

  has(runId: string): boolean {
    return this.#ids.has(runId);
  }

  add(runId: string): void {
    this.#ids.add(runId);
    const [oldest] = this.#ids;
    if (oldest !== undefined && this.#ids.size > mostRemembered) this.#ids.delete(oldest);
  }
}
