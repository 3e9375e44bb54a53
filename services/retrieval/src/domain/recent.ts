/** What was asked for lately: bounded in number and age. */
export class Recent<T> {
  private readonly kept = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(
    private readonly most: number,
    private readonly ageMs: number,
    private readonly now: () => number,
  ) {}

  get(key: string): T | undefined {
    const found = this.kept.get(key);
    if (!found || found.until < this.now()) return undefined;
    this.kept.delete(key);
    this.kept.set(key, found);
    return found.value;
  }

  set(key: string, value: T): void {
    this.kept.delete(key);
    this.kept.set(key, { value, until: this.now() + this.ageMs });
    const [oldest] = this.kept.keys();
    if (this.kept.size > this.most && oldest !== undefined) this.kept.delete(oldest);
  }
}
