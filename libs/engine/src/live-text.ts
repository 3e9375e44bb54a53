/** A piece of text from a node that is still at work. */
export interface TextDelta {
  readonly nodeKey: string;
  readonly attempt: number;
  readonly executionId: string;
  /** Where it begins in the node's whole text, in UTF-16 code units. */
  readonly offset: number;
  readonly text: string;
}

/** The text one node has produced so far: that of its newest execution. What was taken out is not kept. */
export class LiveText {
  private attempt = 0;
  private current = '';
  private readonly superseded = new Set<string>();
  /** Length of all text received without a gap. */
  private received = 0;
  private buffer = '';

  /** Names the execution the text belongs to; empty before the first delta. */
  get execution(): string {
    return this.current;
  }

  /** Takes a delta. `gap` means that text before it has not arrived and it could not be used. */
  add(delta: TextDelta): 'taken' | 'ignored' | 'gap' {
    if (delta.executionId !== this.current) {
      if (delta.attempt < this.attempt || this.superseded.has(delta.executionId)) return 'ignored';
      this.restart(delta);
    }
    if (delta.offset > this.received) return 'gap';
    const fresh = delta.text.slice(this.received - delta.offset);
    if (fresh === '') return 'ignored';
    this.buffer += fresh;
    this.received += fresh.length;
    return 'taken';
  }

  /** Takes out what lies behind `position`; empty when nothing does yet. Positions never go back within an execution. */
  take(position: number): string {
    const ahead = this.received - position;
    if (ahead <= 0) return '';
    const text = ahead === this.buffer.length ? this.buffer : this.buffer.slice(-ahead);
    this.buffer = '';
    return text;
  }

  private restart(delta: TextDelta): void {
    if (this.current !== '') this.superseded.add(this.current);
    this.attempt = delta.attempt;
    this.current = delta.executionId;
    this.received = 0;
    this.buffer = '';
  }
}
