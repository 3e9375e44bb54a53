import type { RunEvent, TextPatch } from '@treadle/engine';
import { type Failure, failure } from '@treadle/failure';
import type { Json, JsonObject, Plan } from '@treadle/workflow';
import { withAddresses } from '../../streaming/large-values.js';
import type { FedEvent } from '../../streaming/run-feed.js';
import type { StreamView } from '../../streaming/stream-view.js';
import type { AppMode } from './app.js';
import { difyError } from './dify-error.js';
import type { NodeFrame } from './node-frames.js';
import { elapsed, seconds, usageView } from './run.view.js';
import { type Asked, filesIn, RunFrames } from './run-frames.js';

/** A run as its stream has to know it. */
export interface StreamedRun {
  readonly id: string;
  readonly versionId: string;
  readonly conversationId: string;
  readonly createdUnixMs: number;
  readonly mode: AppMode;
  readonly endUser: { readonly id: string; readonly user: string };
  readonly plan: Plan | undefined;
}

export interface StreamOptions {
  readonly asked: Asked;
  /** Reads a large value back; gives its address where it is gone. */
  readonly readBack: (value: Json) => Promise<Json>;
  /** Whether the reader waits for what a person decides; otherwise the stream ends when the run rests for that. */
  readonly staysWhilePaused: boolean;
  /** Number of the newest event when the stream was asked for: a pause before it is over. */
  readonly lastSequence: number;
  /** Tells nothing but how the run has ended. */
  readonly endOnly: boolean;
}

type RunEnd = Extract<RunEvent, { type: 'run-completed' | 'run-failed' | 'run-cancelled' }>;

const statuses = { 'run-completed': 'succeeded', 'run-failed': 'failed', 'run-cancelled': 'stopped' } as const;
const stopped = 'The run was stopped.';

const ping = 'event: ping\n\n';

/**
 * A run as Dify streams it. Apps of a graph show their nodes, prompts only their text. Every frame is one line of data whose `event` says
 * what it is; a chat ends with `message_end` and then, where it has a graph, `workflow_finished`.
 */
export class RunStreamView implements StreamView {
  readonly opening = ping;
  readonly beat = ping;
  readonly beatMs = 10_000;
  private over = false;
  private begun = false;
  /** All text so far, and how much of it the reader has been told. */
  private full = '';
  private node = '';
  private readonly frames: RunFrames;
  private readonly isChat: boolean;
  private readonly hasGraph: boolean;

  constructor(
    private readonly run: StreamedRun,
    private readonly options: StreamOptions,
  ) {
    this.frames = new RunFrames(run, options.asked);
    this.isChat = run.mode !== 'workflow';
    this.hasGraph = run.mode === 'workflow' || run.mode === 'advanced-chat';
  }

  get ended(): boolean {
    return this.over;
  }

  get farewell(): string {
    const message = `The server is stopping, and the run goes on. Follow it at /v1/workflow/${this.run.id}/events.`;
    return this.error(failure('unavailable', message));
  }

  error(reason: Failure): string {
    const ids = this.isChat ? this.messageIds() : { workflow_run_id: this.run.id };
    return line({ event: 'error', ...ids, task_id: this.run.id, ...difyError(reason) });
  }

  text({ offset, text, node }: TextPatch): string {
    const { endOnly } = this.options;
    const grows = offset === this.full.length;
    this.full = this.full.slice(0, offset) + text;
    this.node = node;
    // Words that stand before everything else wait for the run to be announced.
    if (!this.begun || endOnly) return '';
    return grows ? this.more(text) : this.replacement();
  }

  async event(fed: FedEvent): Promise<string> {
    const { event, atUnixMs } = fed;
    if (this.options.endOnly) return this.onlyEnd(fed);
    const frames = this.written(await this.frames.of(fed));
    switch (event.type) {
      case 'run-started':
        this.begun = true;
        return frames + (this.full === '' ? '' : this.more(this.full));
      case 'run-paused':
        // Whoever only waits for a moment goes on by itself.
        if (!this.frames.isAsking) return frames;
        this.over = !this.options.staysWhilePaused && fed.sequence >= this.options.lastSequence;
        return frames + this.written([['workflow_paused', this.frames.paused(atUnixMs)]]);
      case 'run-completed':
      case 'run-failed':
      case 'run-cancelled':
        this.over = true;
        return frames + (await this.end(event, atUnixMs));
      default:
        return frames;
    }
  }

  private async onlyEnd(fed: FedEvent): Promise<string> {
    await this.frames.of(fed);
    const { event, atUnixMs } = fed;
    if (!isEnd(event)) return '';
    this.over = true;
    return this.graphFrame('workflow_finished', (await this.finished(event, atUnixMs)).data);
  }

  private async end(event: RunEnd, atMs: number): Promise<string> {
    const { data, outputs } = await this.finished(event, atMs);
    const finished = this.written([['workflow_finished', data]]);
    if (event.type !== 'run-failed') return this.messageEnd(outputs, atMs) + finished;
    return finished + (this.isChat ? this.error(event.failure) : '');
  }

  private async finished(
    event: RunEnd,
    atMs: number,
  ): Promise<{ readonly data: object; readonly outputs: JsonObject | null }> {
    const { frames } = this;
    const isDone = event.type === 'run-completed';
    const outputs = isDone ? ((await this.options.readBack(event.outputs)) as JsonObject) : null;
    const { exceptions } = frames.state;
    const status = statuses[event.type];
    const told = status === 'succeeded' && exceptions > 0 ? 'partial-succeeded' : status;
    const error = event.type === 'run-failed' ? event.failure.message : isDone ? null : stopped;
    return { data: frames.finished(told, outputs, error, atMs, exceptions), outputs };
  }

  private messageEnd(outputs: JsonObject | null, atMs: number): string {
    if (!this.isChat) return '';
    const { inputTokens, outputTokens } = this.frames.state;
    const elapsedSeconds = elapsed(this.run.createdUnixMs, atMs);
    const usage = usageView({ inputTokens, outputTokens, elapsedSeconds });
    const metadata = { usage, retriever_resources: this.frames.resources };
    return this.frame('message_end', { id: this.run.id, metadata, files: filesIn(outputs) });
  }

  private more(text: string): string {
    if (text === '') return '';
    if (!this.isChat) return this.graphFrame('text_chunk', { text, from_variable_selector: [this.node, 'text'] });
    const name = this.run.mode === 'agent-chat' ? 'agent_message' : 'message';
    return this.frame(name, { id: this.run.id, answer: text, from_variable_selector: [this.node, 'answer'] });
  }

  private replacement(): string {
    if (!this.isChat) return this.graphFrame('text_replace', { text: this.full });
    return this.frame('message_replace', { id: this.run.id, answer: this.full, reason: 'retry' });
  }

  private written(frames: readonly NodeFrame[]): string {
    if (!this.hasGraph) return '';
    return frames.map(([name, data]) => this.graphFrame(name, data)).join('');
  }

  private graphFrame(event: string, data: object): string {
    const ids = { task_id: this.run.id, workflow_run_id: this.run.id };
    return line({ event, ...(this.isChat ? this.messageIds() : {}), ...ids, data });
  }

  private frame(event: string, body: object): string {
    return line({ event, ...this.messageIds(), task_id: this.run.id, ...body });
  }

  private messageIds() {
    const { id, conversationId, createdUnixMs } = this.run;
    const conversation = conversationId === '' ? {} : { conversation_id: conversationId };
    return { ...conversation, message_id: id, created_at: seconds(createdUnixMs) };
  }
}

function isEnd(event: RunEvent): event is RunEnd {
  return event.type in statuses;
}

function line(data: object): string {
  return `data: ${withAddresses(JSON.stringify(data))}\n\n`;
}
