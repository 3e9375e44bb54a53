export interface SplitText {
  readonly text: string;
  readonly reasoning: string;
}

/** Takes `<think>…</think>` out of a text that arrives in pieces. A tag may be cut anywhere between two pieces. */
export class ThinkSplitter {
  private held = '';
  private thinking = false;
  private anyText = false;

  /** What is certain after this piece; the beginning of a possible tag is held back. */
  push(piece: string): SplitText {
    this.held += piece;
    return this.take(false);
  }

  /** The rest: a tag that never closed has been reasoning to the end. */
  end(): SplitText {
    return this.take(true);
  }

  private take(isEnd: boolean): SplitText {
    let text = '';
    let reasoning = '';
    for (;;) {
      const tag = this.thinking ? '</think>' : '<think>';
      const found = this.held.toLowerCase().indexOf(tag);
      const certain = found >= 0 ? found : isEnd ? this.held.length : this.held.length - openEnd(this.held, tag);
      const part = this.held.slice(0, certain);
      if (this.thinking) reasoning += part;
      else text += part;
      this.held = this.held.slice(found >= 0 ? found + tag.length : certain);
      if (found < 0) return { text: this.withoutLeadingSpace(text), reasoning };
      this.thinking = !this.thinking;
    }
  }

  /** The answer begins with its first word, not with the empty lines between it and the reasoning. */
  private withoutLeadingSpace(text: string): string {
    const shown = this.anyText ? text : text.trimStart();
    this.anyText ||= shown !== '';
    return shown;
  }
}

/** A whole text without what stands in `<think>` tags. */
export function withoutThinking(text: string): string {
  const splitter = new ThinkSplitter();
  return splitter.push(text).text + splitter.end().text;
}

/** How many characters at the end of a text may be the beginning of the tag. */
function openEnd(text: string, tag: string): number {
  const tail = text.slice(-(tag.length - 1)).toLowerCase();
  for (let length = tail.length; length > 0; length--) if (tag.startsWith(tail.slice(-length))) return length;
  return 0;
}
