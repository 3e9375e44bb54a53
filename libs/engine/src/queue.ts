/** First in, first out. */
export class Queue {
  private items: string[] = [];
  private next = 0;

  add(item: string): void {
    this.items.push(item);
  }

  take(): string | undefined {
    const item = this.items[this.next];
    if (item === undefined) return undefined;
    this.next += 1;
    if (this.next === this.items.length) {
      this.items = [];
      this.next = 0;
    }
    return item;
  }
}
