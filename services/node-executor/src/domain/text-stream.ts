/** How long text gathers before it is sent on; a reader does not see the difference, the bus does. */
const gatherMs = 15;

/** Sends a piece of text and where it begins in the whole, in UTF-16 code units. */
export type SendText = (offset: number, text: string) => void;

/** The text of one execution: the first piece goes out at once, later ones in small gatherings. */
export class TextStream {
  #text = '';
  #unsent = '';
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly send: SendText) {}

  /** All the text that was sent on. What still gathers follows as a delta, so a late reader misses and repeats nothing. */
  get soFar(): string {
    return this.#text;
  }

  push(text: string): void {
    if (this.#closed || text === '') return;
    this.#unsent += text;
    if (this.#timer === undefined) this.#flush();
  }

  /** Sends what is left. Text that comes later, from a node that was given up, is not sent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#sendUnsent();
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#unsent === '') return;
    this.#sendUnsent();
    this.#timer = setTimeout(() => this.#flush(), gatherMs);
  }

  #sendUnsent(): void {
    if (this.#unsent === '') return;
    const [offset, text] = [this.#text.length, this.#unsent];
    this.#text += text;
    this.#unsent = '';
    this.send(offset, text);
  }
}
