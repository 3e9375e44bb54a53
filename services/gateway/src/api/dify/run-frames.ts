import { Fold, type RunEvent } from '@treadle/engine';
import type { Form, JsonObject } from '@treadle/workflow';
import type { FedEvent } from '../../streaming/run-feed.js';
import { formView } from './form.view.js';
import { type NodeEnd, type NodeFrame, NodeFrames } from './node-frames.js';
import { resourcesOf } from './resources.js';
import { elapsed, seconds } from './run.view.js';
import type { StreamedRun } from './run-stream.view.js';

/** Where a form is answered, as far as it can be told. */
export type Asked = (key: string) => Promise<{ readonly token?: string }>;

/** Translates the events of a run to Dify's, those of its nodes among them, and remembers what the last ones sum up. */
export class RunFrames {
  readonly resources: object[] = [];
  readonly nodes: NodeFrames;
  private readonly fold = new Fold();
  private readonly reasons = new Map<string, object>();

  constructor(
    private readonly run: StreamedRun,
    private readonly asked: Asked,
  ) {
    this.nodes = new NodeFrames(run.id, run.plan);
  }

  get state() {
    return this.fold.state;
  }

  /** Whether a person is asked. */
  get isAsking(): boolean {
    return this.reasons.size > 0;
  }

  async of({ event, atUnixMs }: FedEvent): Promise<NodeFrame[]> {
    const frames = await this.frames(event, atUnixMs);
    this.fold.apply(event);
    return frames;
  }

  private async frames(event: RunEvent, at: number): Promise<NodeFrame[]> {
    const { nodes, state } = this;
    switch (event.type) {
      case 'run-started':
        return [['workflow_started', this.started(event.inputs, event.sys, 'initial', at)]];
      case 'run-resumed':
        return [['workflow_started', this.started(state.scopes.inputs, state.scopes.sys, 'resumption', at)]];
      case 'node-scheduled':
        return nodes.begin(event.key, at, state);
      case 'node-opened':
        return nodes.begin(event.key, at, state);
      case 'node-waiting':
        return [...nodes.begin(event.key, at, state), ...(await this.waiting(event.key, event.form, event.dueAt))];
      case 'node-retry-scheduled': {
        const end: NodeEnd = {
          status: 'failed',
          outputs: undefined,
          failure: event.failure,
          finishedAt: at,
          tokens: 0,
        };
        return nodes.retry(event.key, event.attempt - 1, end, state);
      }
      case 'round-started':
        return nodes.round(event.key, event.index, at);
      case 'form-answered':
        return this.answered(event);
      case 'node-completed':
        return this.completed(event, at);
      case 'node-failed': {
        const { key, failure, handled, outputs } = event;
        this.reasons.delete(key);
        const status = handled ? 'exception' : 'failed';
        return nodes.end(key, { status, outputs, failure, finishedAt: at, tokens: 0 }, state);
      }
      default:
        return [];
    }
  }

  /** What a run that rests tells. */
  paused(atMs: number): object {
    const { id, createdUnixMs } = this.run;
    return {
      workflow_run_id: id,
      paused_nodes: [...this.reasons.keys()].map((key) => this.nodes.named(key).id),
      outputs: {},
      reasons: [...this.reasons.values()],
      status: 'paused',
      created_at: seconds(createdUnixMs),
      elapsed_time: elapsed(createdUnixMs, atMs),
      total_tokens: this.tokens,
      total_steps: this.nodes.steps,
    };
  }

  /** What the end of a run tells. */
  finished(status: string, outputs: JsonObject | null, error: string | null, atMs: number, exceptions: number): object {
    const { id, versionId, createdUnixMs, endUser } = this.run;
    return {
      id,
      workflow_id: versionId,
      status,
      outputs,
      error,
      elapsed_time: elapsed(createdUnixMs, atMs),
      total_tokens: this.tokens,
      total_steps: this.nodes.steps,
      created_by: endUser,
      created_at: seconds(createdUnixMs),
      finished_at: seconds(atMs),
      exceptions_count: exceptions,
      files: filesIn(outputs),
    };
  }

  private get tokens(): number {
    return this.state.inputTokens + this.state.outputTokens;
  }

  private started(inputs: JsonObject, sys: JsonObject, reason: 'initial' | 'resumption', atMs: number): object {
    const { id, versionId } = this.run;
    const system = Object.entries(sys).map(([name, value]) => [`sys.${name}`, value] as const);
    const all = { ...inputs, ...Object.fromEntries(system) };
    return { id, workflow_id: versionId, inputs: all, created_at: seconds(atMs), reason };
  }

  private async waiting(key: string, form: Form | undefined, dueAt: number | undefined): Promise<NodeFrame[]> {
    if (!form) return [];
    const { id, title } = this.nodes.named(key);
    const { token = null } = await this.asked(key);
    const data = { ...formView(form, dueAt), form_id: token, node_id: id, node_title: title, form_token: token };
    this.reasons.set(key, { TYPE: 'human_input_required', ...data });
    return [['human_input_required', { ...data, display_in_ui: true }]];
  }

  private answered({ key, action, values }: Extract<RunEvent, { type: 'form-answered' }>): NodeFrame[] {
    this.reasons.delete(key);
    const { id, title } = this.nodes.named(key);
    return [
      [
        'human_input_form_filled',
        { node_id: id, node_title: title, action_id: action, action_text: action, inputs: values },
      ],
    ];
  }

  private completed(event: Extract<RunEvent, { type: 'node-completed' }>, at: number): NodeFrame[] {
    const { key, outputs, usage, startedAt, finishedAt = at } = event;
    const tokens = (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
    const end = { status: 'succeeded', outputs, startedAt, finishedAt, tokens } as const;
    const late = this.reasons.delete(key) ? this.tooLate(key) : [];
    const frames = this.nodes.end(key, end, this.state);
    for (const [, data] of frames) {
      const { node_type: type } = data as { readonly node_type?: string };
      if (type === 'knowledge-retrieval') this.resources.push(...resourcesOf(type, outputs));
    }
    return [...late, ...frames];
  }

  /** A node that asked, was not answered and goes on has waited long enough. */
  private tooLate(key: string): NodeFrame[] {
    const { id, title } = this.nodes.named(key);
    return [['human_input_form_timeout', { node_id: id, node_title: title }]];
  }
}

/** The files among what a run gave. */
export function filesIn(outputs: JsonObject | null): unknown[] {
  return Object.values(outputs ?? {})
    .flat()
    .filter((value) => typeof value === 'object' && value !== null && 'transfer_method' in value);
}
