import {
  isReservedScope,
  type Json,
  type JsonObject,
  type Selector,
  type TextSegment,
  valueAsText,
  valueAt,
} from '@treadle/workflow';
import type { RunEvent } from './event.js';
import { LiveText, type TextDelta } from './live-text.js';
import { type RunTextPlan, type TextNode, takenHandle } from './run-text-plan.js';
import { Ways } from './ways.js';

/** A change to the text a reader has: `text = text.slice(0, offset) + patch.text`. Offsets count UTF-16 code units. */
export interface TextPatch {
  readonly offset: number;
  readonly text: string;
  /** The output node whose text is being written. */
  readonly node: string;
}

/** What a reader has: `offset` units of text, of which those from `start` on are live text of an execution and may yet be replaced. */
export interface TextPosition {
  readonly offset: number;
  readonly live?: { readonly start: number; readonly execution: string };
}

interface Finished {
  readonly outputs?: JsonObject;
  readonly execution?: string;
}

interface Tail {
  readonly execution: string;
  readonly start: number;
  length: number;
}

/**
 * The text of one run for one reader: one line of text that only grows, except where live text is replaced by that of a newer
 * execution. Settled text follows from the journal alone, so every reader of a finished run ends with the same text.
 *
 * 1. Output nodes are walked in the plan's order; a later one waits for the earlier ones, a skipped one is passed.
 * 2. A node's outline is shown only once it is certain to run: nothing undecided lies upstream.
 * 3. In an outline, words and values of finished nodes are settled; the text of a node at work is live.
 * 4. Live text belongs to one execution. A newer execution, or a result of another, replaces it from where it began.
 * 5. When the run ends, live text that no result confirmed is taken back.
 */
export class RunText {
  private readonly ways: Ways;
  private readonly finished = new Map<string, Finished>();
  private readonly live = new Map<string, LiveText>();
  private scopes: Readonly<Record<string, JsonObject>> = {};
  /** The conversation's variables as the output nodes saw them that are over; kept where they may change. */
  private readonly spoken = new Map<string, JsonObject | undefined>();
  private ended = false;

  private node = 0;
  private segment = 0;
  /** Lines settled so far; from the second on a line begins with a break. */
  private lines = 0;

  /** Length of the settled text the reader has, and the settled text it has not. */
  private settled = 0;
  private unsent = '';
  private tail: Tail | undefined;
  /** Length of everything the reader has. */
  private shown = 0;
  /** Settled text that was live once, by where it began: to know whether what a reader saw then still holds. */
  private readonly confirmed = new Map<number, { readonly execution: string; readonly length: number }>();

  constructor(private readonly plan: RunTextPlan) {
    this.ways = new Ways(plan);
  }

  /** Takes the next event of the journal; the caller keeps them in order and gives each once. */
  apply(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
        this.scopes = {
          inputs: event.inputs,
          sys: event.sys,
          env: event.environment,
          conversation: event.conversation,
        };
        break;
      case 'node-completed':
        this.finish(event.key, takenHandle(event), event.outputs, event.execution);
        break;
      case 'node-failed':
        if (event.handled) this.finish(event.key, takenHandle(event), event.outputs ?? {});
        break;
      case 'nodes-skipped':
        for (const key of event.keys) this.finish(key, undefined);
        break;
      case 'variables-assigned':
        if (event.owner !== 'conversation') return;
        this.scopes = { ...this.scopes, conversation: { ...this.scopes['conversation'], ...event.values } };
        return;
      case 'run-completed':
      case 'run-failed':
      case 'run-cancelled':
        this.ended = true;
        break;
      default:
        return;
    }
    this.walk();
  }

  /** Takes live text. `gap` asks the caller to fetch the text so far; anything else needs nothing. */
  add(delta: TextDelta): 'taken' | 'ignored' | 'gap' {
    if (this.ended || !this.plan.streams.has(delta.nodeKey) || !this.plan.named.has(delta.nodeKey)) return 'ignored';
    if (this.finished.has(delta.nodeKey)) return 'ignored';
    let live = this.live.get(delta.nodeKey);
    if (!live) this.live.set(delta.nodeKey, (live = new LiveText()));
    return live.add(delta);
  }

  /** What the reader lacks, all of it in one patch; `undefined` when nothing. */
  take(): TextPatch | undefined {
    const waiting = this.unsent;
    let offset = this.settled + (this.tail?.length ?? 0);
    this.settled += waiting.length;
    this.unsent = '';
    const current = this.liveSegment();
    if (this.tail && (this.ended || (current?.live && current.live.execution !== this.tail.execution))) {
      offset = this.tail.start;
      this.tail = undefined;
    }
    const text = waiting + (current ? this.takeLive(current.live, current.separator) : '');
    if (text === '' && offset >= this.shown) return undefined;
    this.shown = offset + text.length;
    return { offset, text, node: this.currentNode()?.id ?? this.plan.texts.at(-1)?.id ?? '' };
  }

  /** What the reader has after the last patch. */
  position(): TextPosition {
    const { shown: offset, tail } = this;
    return tail ? { offset, live: { start: tail.start, execution: tail.execution } } : { offset };
  }

  /**
   * Says what the reader already has; called once, after the journal so far and before the first `take`. Text that no longer holds is
   * replaced by the next patch. False when no reader of this run can have been there.
   */
  resume(position: TextPosition): boolean {
    const total = this.unsent.length;
    const { offset, live } = position;
    const start = live ? live.start : offset;
    if (start > total || start > offset) return false;
    this.shown = offset;
    let keep = start;
    if (live) {
      const confirmed = this.confirmed.get(start);
      if (confirmed?.execution === live.execution) {
        if (offset - start > confirmed.length) return false;
        keep = offset;
      } else if (start === total && !this.ended && this.liveSegment()) {
        this.tail = { execution: live.execution, start, length: offset - start };
      }
    }
    this.settled = keep;
    this.unsent = this.unsent.slice(keep);
    return true;
  }

  private finish(key: string, handle: string | undefined, outputs?: JsonObject, execution?: string): void {
    if (this.finished.has(key) || !this.plan.ways.has(key)) return;
    if (this.plan.assignsConversation && this.plan.texts.some(({ id }) => id === key))
      this.spoken.set(key, this.scopes['conversation']);
    this.finished.set(key, this.plan.named.has(key) ? { outputs, execution } : {});
    this.live.delete(key);
    this.ways.finish(key, handle);
  }

  /** Settles all that can be settled now. Looks at every segment once, and at the one it waits for once per event. */
  private walk(): void {
    for (let node = this.currentNode(); node; node = this.currentNode()) {
      const over = this.finished.has(node.id);
      const skipped = over && !this.ways.isCertain(node.id);
      if (!over && !this.ways.isCertain(node.id)) return;
      if (!skipped && !this.walkSegments(node, over)) return;
      if (!over) return;
      this.node += 1;
      this.segment = 0;
    }
  }

  /** False when it has to wait for a value. */
  private walkSegments(node: TextNode, over: boolean): boolean {
    for (let part = node.segments[this.segment]; part; part = node.segments[this.segment]) {
      if ('literal' in part) this.settle(part.literal);
      else {
        const owner = part.selector[0];
        const changes = owner === 'conversation' && this.plan.assignsConversation;
        const known = isReservedScope(owner) ? !changes || over : this.finished.has(owner);
        if (!known && !over) return false;
        this.settleValue(node, part.selector, known ? this.valueOf(node, part.selector) : undefined);
      }
      this.segment += 1;
    }
    return true;
  }

  private valueOf({ id }: TextNode, [owner, ...path]: Selector): Json | undefined {
    const scope = owner === 'conversation' ? (this.spoken.get(id) ?? this.scopes[owner]) : this.scopes[owner];
    return valueAt(this.finished.get(owner)?.outputs ?? scope, path);
  }

  private settleValue(node: TextNode, selector: Selector, value: Json | undefined): void {
    const execution = this.plan.streams.has(selector[0]) ? this.finished.get(selector[0])?.execution : undefined;
    if (node.form === 'template') return this.settle(valueAsText(value ?? null), execution);
    if (typeof value !== 'string') return this.settle('');
    this.settle(this.separator(node) + value, execution);
    this.lines += 1;
  }

  /** Adds settled text. Where it confirms the live text the reader has, only the rest is left to send. */
  private settle(text: string, execution?: string): void {
    const { tail } = this;
    this.tail = undefined;
    if (execution !== undefined) {
      this.confirmed.set(this.settled + this.unsent.length, { execution, length: text.length });
    }
    if (tail && tail.execution === execution && tail.length <= text.length) {
      this.settled += tail.length;
      this.unsent += text.slice(tail.length);
    } else this.unsent += text;
  }

  /** The segment whose text is live now, if the walk waits at one. */
  private liveSegment(): { readonly live: LiveText | undefined; readonly separator: string } | undefined {
    const node = this.currentNode();
    const part: TextSegment | undefined = node?.segments[this.segment];
    if (this.ended || !node || !part || !('selector' in part) || !this.ways.isCertain(node.id)) return undefined;
    const [owner, output, ...deeper] = part.selector;
    if (deeper.length > 0 || this.plan.streams.get(owner) !== output) return undefined;
    return { live: this.live.get(owner), separator: this.separator(node) };
  }

  private takeLive(live: LiveText | undefined, separator: string): string {
    if (!live || live.execution === '') return '';
    const begun = this.tail?.length ?? 0;
    const text = live.take(Math.max(0, begun - separator.length));
    if (text === '') return '';
    this.tail ??= { execution: live.execution, start: this.settled, length: 0 };
    const shown = begun === 0 ? separator + text : text;
    this.tail.length += shown.length;
    return shown;
  }

  private separator(node: TextNode): string {
    return node.form === 'lines' && this.lines > 0 ? '\n' : '';
  }

  private currentNode(): TextNode | undefined {
    return this.plan.texts[this.node];
  }
}
