import type { ModelPart, TokenCounts } from '../../domain/provider.js';

/** Collects what the events of one streamed answer say. Each vendor has its own. */
export abstract class AnswerReader {
  /** Nothing that follows matters. */
  done = false;
  /** The text so far: what a cut answer leaves behind. */
  receivedText = '';
  private parts: Mutable[] = [];

  /** Takes one event, already parsed. Throws `FailureError` for an error that came as an event. */
  abstract add(event: object): void;

  /** The text of an event that says nothing else: its like need not be parsed. Undefined for all others. */
  onlyText(_event: object): string | undefined {
    return undefined;
  }

  /** Takes an event that says nothing but a text. */
  addText(text: string): void {
    this.push('text', text);
  }

  /** Whether the provider said that nothing is missing. */
  abstract get complete(): boolean;

  /** The last part. */
  abstract finished(warnings: readonly string[]): ModelPart;

  /** The parts since the last time. Neighbours of one kind that arrived together are one part: each costs a message on every hop. */
  take(): ModelPart[] {
    const taken = this.parts;
    this.parts = [];
    return taken;
  }

  protected push(type: 'text' | 'reasoning', text: string | null | undefined): void {
    if (!text) return;
    if (type === 'text') this.receivedText += text;
    const last = this.parts.at(-1);
    if (last?.type === type) last.text += text;
    else this.parts.push({ type, text });
  }

  protected pushToolCall(index: number, id: string, name: string, argumentsJson: string): void {
    const last = this.parts.at(-1);
    if (last?.type === 'toolCall' && last.index === index && !id && !name) last.argumentsJson += argumentsJson;
    else this.parts.push({ type: 'toolCall', index, id, name, argumentsJson });
  }
}

type Mutable =
  | { type: 'text' | 'reasoning'; text: string }
  | { type: 'toolCall'; index: number; id: string; name: string; argumentsJson: string };

/** The counts of a last part, and the warning where a provider gave none. */
export function countsOf(
  name: string,
  counts: TokenCounts | undefined,
  warnings: readonly string[],
): TokenCounts & { readonly usageKnown: boolean; readonly warnings: readonly string[] } {
  if (counts) return { ...counts, usageKnown: true, warnings };
  const silent = `The provider "${name}" did not say how many tokens the call used.`;
  return { inputTokens: 0, outputTokens: 0, usageKnown: false, warnings: [...warnings, silent] };
}
