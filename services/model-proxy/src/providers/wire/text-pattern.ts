/** Examples in a row that no later event was like: the events of this stream differ in more than their text. */
const mostExamples = 3;
/** What a text does not hold whose JSON is the text itself. */
const unusual = /["\\\p{Cc}]/u;
/** Text that no event holds. */
const mark = 'text-pattern-mark';

/** What surrounds the text of an event, and a last string without meaning if there is one: some servers pad their events to one length. */
interface Pattern {
  readonly before: string;
  readonly between: string;
  /** Undefined where the event ends with `between`. */
  readonly after: string | undefined;
}

/**
 * Reads the events of a stream that differ from an earlier one in nothing but their text, and in what they may be padded with, without
 * parsing them: most events of most answers are such, and parsing each is the dearest part of reading a stream.
 */
export class TextPattern {
  private pattern: Pattern | undefined;
  private inVain = 0;

  /** `onlyText` gives the text of an event that says nothing else, undefined for all other events. */
  constructor(private readonly onlyText: (event: object) => string | undefined) {}

  /** The text of an event that is like one learnt from; undefined for one that has to be parsed. */
  read(data: string): string | undefined {
    if (!this.pattern) return undefined;
    const { before, between, after } = this.pattern;
    // Slices are compared many characters at once, `startsWith` compares one after the other.
    if (data.slice(0, before.length) !== before) return undefined;
    const end = data.indexOf('"', before.length);
    if (end < 0 || data.slice(end, end + between.length) !== between) return undefined;
    const rest = end + between.length;
    if (after === undefined ? rest !== data.length : !isPadded(data, rest, after)) return undefined;
    const text = data.slice(before.length, end);
    if (unusual.test(text)) return undefined;
    this.inVain = 0;
    return text;
  }

  /** Takes an event that had to be parsed as the example for those that follow, if it says nothing but a text. */
  learn(data: string, event: object): void {
    if (this.inVain >= mostExamples) return;
    const text = this.onlyText(event);
    if (!text || unusual.test(text)) return;
    this.inVain += 1;
    this.pattern = this.patternOf(data, text) ?? this.pattern;
  }

  /** Looks for the text, and makes sure that another in its place would be read as the text of the event, and nothing else. */
  private patternOf(data: string, text: string): Pattern | undefined {
    const at = data.indexOf(`"${text}"`);
    if (at < 0) return undefined;
    const before = data.slice(0, at + 1);
    const tail = data.slice(at + 1 + text.length);
    const [, between, after] = /^(".*:\s*")[^"\\]*("[\s}]*)$/su.exec(tail) ?? [];
    if (between && after && this.holds(`${before}${mark}${between}${mark}${after}`)) return { before, between, after };
    return this.holds(before + mark + tail) ? { before, between: tail, after: undefined } : undefined;
  }

  private holds(data: string): boolean {
    try {
      return this.onlyText(JSON.parse(data) as object) === mark;
    } catch {
      // The text was found where it is no value of its own.
      return false;
    }
  }
}

function isPadded(data: string, from: number, after: string): boolean {
  const to = data.length - after.length;
  return to >= from && data.slice(to) === after && !unusual.test(data.slice(from, to));
}
