import type { ApiEvent } from '../api-client.js';

interface NodeEventData {
  readonly key: string;
  readonly title?: string;
  readonly at?: string;
  readonly attempt?: number;
  readonly started_at?: string;
  readonly finished_at?: string;
  readonly due_at?: string;
  readonly keys?: readonly string[];
  readonly handled?: string;
  readonly failure?: { readonly code: string; readonly message: string };
}

/** Tells the events of a run as lines for a person: title, state, seconds. Remembers when each node began. */
export class NodeProgress {
  private readonly begunAt = new Map<string, string>();
  private readonly titles = new Map<string, string>();

  /** The line for an event; nothing for those that say nothing about a node. */
  tell({ type, data }: ApiEvent): string | undefined {
    const node = data as unknown as NodeEventData;
    switch (type) {
      case 'node-scheduled':
        this.begunAt.set(node.key, node.at ?? '');
        return `${this.titleOf(node)}  running${(node.attempt ?? 1) > 1 ? ` (attempt ${node.attempt})` : ''}`;
      case 'node-completed':
        return `${this.titleOf(node)}  completed${this.secondsOf(node)}`;
      case 'node-failed':
        return `${this.titleOf(node)}  failed${this.secondsOf(node)}: ${failureOf(node)}`;
      case 'node-retry-scheduled':
        return `${this.titleOf(node)}  will be tried again: ${failureOf(node)}`;
      case 'nodes-skipped':
        return `${(node.keys ?? []).map((key) => this.titles.get(key) ?? key).join(', ')}  skipped`;
      default:
        return undefined;
    }
  }

  private titleOf({ key, title }: NodeEventData): string {
    const shown = title || key;
    this.titles.set(key, shown);
    return shown;
  }

  private secondsOf({ key, at, started_at, finished_at }: NodeEventData): string {
    const from = started_at ?? this.begunAt.get(key);
    const to = finished_at ?? at;
    if (!from || !to) return '';
    return `  ${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;
  }
}

function failureOf({ failure, handled }: NodeEventData): string {
  const outcome = handled ? ` (handled: ${handled})` : '';
  return failure ? `${failure.message} [${failure.code}]${outcome}` : 'no reason given';
}
