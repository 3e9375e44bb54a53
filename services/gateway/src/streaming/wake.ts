/** Lets one waiter sleep until somebody has news or its time is up. News that comes while nobody waits is not lost. */
export class Wake {
  private news = false;
  private resume: (() => void) | undefined;

  notify(): void {
    this.news = true;
    this.resume?.();
  }

  /** Resolves at the next (or an earlier, unheard) `notify`, or after `ms` milliseconds. */
  async wait(ms: number): Promise<void> {
    if (!this.news) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.resume = undefined;
    this.news = false;
  }
}
