import { z } from 'zod';

/** The streams of Dify's service API, written down from its description alone: what may come, in which shape and in which order. */
export type StreamKind = 'workflow' | 'chatflow' | 'prompt';

const at = z.int().positive();
const text = z.string().min(1);
const object = z.record(z.string(), z.unknown());

const node = {
  id: text,
  node_id: text,
  node_type: text,
  title: z.string(),
  created_at: at,
  inputs: object,
};
const ended = {
  outputs: object.nullable(),
  status: z.enum(['succeeded', 'failed', 'exception']),
  error: z.string().nullable(),
  elapsed_time: z.number().min(0),
  finished_at: at,
  execution_metadata: z.object({ total_tokens: z.int(), total_price: z.string(), currency: z.string() }),
};
const plainNode = {
  ...node,
  index: z.int().min(1),
  predecessor_node_id: text.nullable(),
  extras: object,
  iteration_id: text.nullable(),
  loop_id: text.nullable(),
};
const round = z.object({ id: text, node_id: text, node_type: text, title: z.string(), index: z.int(), created_at: at });
const form = { form_content: z.string(), form_token: text, node_id: text, user_actions: z.array(object) };

const usage = z.object({
  prompt_tokens: z.int(),
  prompt_unit_price: z.string(),
  prompt_price_unit: z.string(),
  prompt_price: z.string(),
  completion_tokens: z.int(),
  completion_unit_price: z.string(),
  total_tokens: z.int(),
  total_price: z.string(),
  currency: z.string(),
  latency: z.number(),
});

/** The `data` of events of a graph. */
const dataOf = {
  workflow_started: z.object({
    id: text,
    workflow_id: text,
    inputs: object,
    created_at: at,
    reason: z.enum(['initial', 'resumption']),
  }),
  node_started: z.object(plainNode),
  node_finished: z.object({ ...plainNode, ...ended, process_data: object, files: z.array(z.unknown()) }),
  node_retry: z.object({ ...plainNode, ...ended, retry_index: z.int().min(1) }),
  iteration_started: z.object(node),
  iteration_next: round,
  iteration_completed: z.object({ ...node, ...ended, steps: z.int() }),
  loop_started: z.object(node),
  loop_next: round,
  loop_completed: z.object({ ...node, ...ended, steps: z.int() }),
  text_chunk: z.object({ text, from_variable_selector: z.array(text) }),
  text_replace: z.object({ text: z.string() }),
  human_input_required: z.object(form),
  human_input_form_filled: z.object({ node_id: text, action_id: text }),
  human_input_form_timeout: z.object({ node_id: text }),
  workflow_paused: z.object({
    workflow_run_id: text,
    paused_nodes: z.array(text).min(1),
    status: z.literal('paused'),
    reasons: z.array(z.object({ TYPE: text, form_token: text })).min(1),
  }),
  workflow_finished: z.object({
    id: text,
    workflow_id: text,
    status: z.enum(['succeeded', 'failed', 'stopped', 'partial-succeeded']),
    outputs: object.nullable(),
    error: z.string().nullable(),
    elapsed_time: z.number().min(0),
    total_tokens: z.int(),
    total_steps: z.int(),
    created_by: z.object({ id: text, user: text }),
    created_at: at,
    finished_at: at,
    exceptions_count: z.int(),
    files: z.array(z.unknown()),
  }),
} as const;

const answer = { id: text, answer: z.string().min(1), from_variable_selector: z.array(text) };

/** The events of a message, which have their fields beside `event`. */
const bodyOf = {
  message: z.object(answer),
  agent_message: z.object(answer),
  message_replace: z.object({ answer: z.string(), reason: text }),
  message_end: z.object({
    id: text,
    metadata: z.object({ usage, retriever_resources: z.array(object) }),
    files: z.array(z.unknown()),
  }),
  error: z.object({ code: text, message: text, status: z.int().min(400).max(599) }),
} as const;

export interface ReadEvent {
  readonly event: string;
  readonly task_id: string;
  readonly workflow_run_id?: string;
  readonly message_id?: string;
  readonly conversation_id?: string;
  readonly data: Record<string, unknown>;
  readonly answer?: string;
  readonly code?: string;
}

/** Splits a stream into its events. Only what the description allows is taken: bare pings, and single lines of data. */
export function eventsIn(stream: string): { readonly pings: number; readonly events: ReadEvent[] } {
  const blocks = stream.split('\n\n');
  if (blocks.pop() !== '') throw new Error('The stream does not end with an empty line.');
  if (blocks[0] !== 'event: ping') throw new Error('The stream does not begin with a ping.');
  const lines = blocks.filter((block) => block !== 'event: ping');
  const events = lines.map((line) => {
    if (!/^data: \{.*\}$/.test(line)) throw new Error(`This is no line of data: ${line.slice(0, 200)}`);
    return JSON.parse(line.slice(6)) as ReadEvent;
  });
  return { pings: blocks.length - lines.length, events };
}

/** Reads a whole stream and holds it against the description. Throws with the first event that does not fit. */
export function readStream(kind: StreamKind, stream: string): ReadEvent[] {
  const { events } = eventsIn(stream);
  const reader = new Reader(kind);
  events.forEach((event, index) => {
    try {
      reader.take(event);
    } catch (error) {
      const seen = events.slice(0, index + 1).map((one) => one.event);
      throw new Error(`${(error as Error).message}\nat ${seen.join(', ')}\n${JSON.stringify(event)}`, { cause: error });
    }
  });
  reader.end();
  return events;
}

type Phase = 'before' | 'running' | 'message ended' | 'finished' | 'failed' | 'paused' | 'errored';

/** What may come next, and which nodes are under way. */
class Reader {
  private phase: Phase = 'before';
  private first: ReadEvent | undefined;
  private readonly open = new Map<string, string>();
  private readonly rounds = new Map<string, number>();
  private readonly seen = new Set<string>();
  private index = 0;

  constructor(private readonly kind: StreamKind) {}

  take(event: ReadEvent): void {
    this.checkShape(event);
    this.checkIds(event);
    const { event: name } = event;
    if (name in dataOf) this.graph(name as keyof typeof dataOf, event.data);
    else this.message(name as keyof typeof bodyOf);
  }

  end(): void {
    const last: Record<StreamKind, readonly Phase[]> = {
      workflow: ['finished', 'failed', 'paused'],
      chatflow: ['finished', 'errored', 'paused'],
      prompt: ['message ended', 'errored'],
    };
    require(last[this.kind].includes(this.phase), `A ${this.kind} does not end while it is "${this.phase}".`);
  }

  private checkShape({ event, ...rest }: ReadEvent): void {
    if (event in dataOf) {
      require(this.kind !== 'prompt', 'A prompt has no graph.');
      dataOf[event as keyof typeof dataOf].parse(rest.data);
    } else if (event in bodyOf) {
      require(this.kind !== 'workflow', 'A workflow has no message.');
      bodyOf[event as keyof typeof bodyOf].parse(rest);
    } else throw new Error(`There is no event "${event}".`);
  }

  private checkIds(event: ReadEvent): void {
    this.first ??= event;
    require(event.task_id !== '' && event.task_id === this.first.task_id, 'The task is another one.');
    if (event.event in dataOf) text.parse(event.workflow_run_id);
    if (this.kind === 'workflow') return;
    require(text.parse(event.message_id) === this.first.message_id, 'The message is another one.');
    require(event.conversation_id === this.first.conversation_id, 'The conversation is another one.');
    at.parse((event as unknown as { created_at: unknown }).created_at);
  }

  private graph(name: keyof typeof dataOf, data: Record<string, unknown>): void {
    if (name === 'workflow_started') {
      const expected = data['reason'] === 'initial' ? 'before' : 'running';
      require(this.phase === expected || this.phase === 'paused', 'The run began already.');
      this.phase = 'running';
    } else if (name === 'workflow_finished') this.finished(String(data['status']));
    else {
      require(this.phase === 'running', `"${name}" comes while the run is "${this.phase}".`);
      if (name === 'workflow_paused') this.phase = 'paused';
      else this.node(name, data);
    }
  }

  /** A run that is asked for after its end is told by this event alone. */
  private finished(status: string): void {
    if (this.phase === 'before') {
      this.phase = 'finished';
      return;
    }
    const failed = status === 'failed';
    const expected = this.kind === 'chatflow' && !failed ? 'message ended' : 'running';
    require(this.phase === expected, `The run finishes while it is "${this.phase}".`);
    if (!failed && status !== 'stopped') {
      require(this.open.size === 0, `These are under way still: ${[...this.open.keys()].join(', ')}`);
    }
    this.phase = failed ? 'failed' : 'finished';
  }

  private node(name: string, data: Record<string, unknown>): void {
    const id = textOr(data['id']);
    const kind = name.split('_')[0] ?? '';
    if (name.endsWith('_started')) {
      require(!this.seen.has(id), 'This execution began before.');
      this.seen.add(id);
      this.open.set(id, kind);
      if (kind === 'node') require(data['index'] === this.nextIndex(Number(data['index'])), 'The index goes back.');
      for (const around of [textOr(data['iteration_id']), textOr(data['loop_id'])]) {
        require(around === '' || this.rounds.has(around), 'The container around it is not open.');
      }
      if (kind !== 'node') this.rounds.set(String(data['node_id']), 0);
    } else if (name.endsWith('_next')) {
      require(this.rounds.has(String(data['node_id'])), 'A round of what has not begun.');
    } else if (/_(?:finished|completed|retry)$/.test(name) && kind !== 'human') {
      require(this.open.get(id) === kind, 'It ends without having begun.');
      if (!name.endsWith('_retry')) this.open.delete(id);
      if (kind !== 'node') this.rounds.delete(String(data['node_id']));
    }
  }

  private nextIndex(index: number): number {
    require(index > this.index, 'The index does not grow.');
    this.index = index;
    return index;
  }

  private message(name: keyof typeof bodyOf): void {
    const running = this.kind === 'prompt' && this.phase === 'before' ? 'before' : 'running';
    if (name === 'error') {
      const after: readonly Phase[] = this.kind === 'prompt' ? ['before', 'running'] : ['failed'];
      require(after.includes(this.phase), `An error comes while the run is "${this.phase}".`);
      this.phase = 'errored';
    } else {
      require(this.phase === running, `"${name}" comes while the run is "${this.phase}".`);
      this.phase = name === 'message_end' ? 'message ended' : 'running';
    }
  }
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function require(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(sentence);
}

/** The text that a reader of the stream ends up with. */
export function textOf(events: readonly ReadEvent[]): string {
  return events.reduce((all, { event, data, answer: said = '' }) => {
    if (event === 'message' || event === 'agent_message') return all + said;
    if (event === 'message_replace') return said;
    if (event === 'text_chunk') return all + String(data['text']);
    return event === 'text_replace' ? String(data['text']) : all;
  }, '');
}
