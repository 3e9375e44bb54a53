import { outstanding } from '@treadle/engine';
import type { Cluster } from './cluster.js';
import type { Host } from './host.js';

const patienceMs = 5000;

/** The people whom runs wait for. They look now and then what is asked of them, and sooner or later answer it. */
export class People {
  constructor(
    private readonly host: Host,
    private readonly cluster: Cluster,
  ) {}

  start(): void {
    this.host.every(
      1000,
      () => this.look(),
      (error) => this.cluster.checker.unexpected('people', error),
    );
  }

  private look(): void {
    const { checker, dice } = this.cluster;
    for (const { id, facts, state } of checker.unfinished()) {
      for (const { type, key } of outstanding(state)) {
        if (type === 'ask' && dice.chance(0.4)) this.answer(id, facts.workflowId, key);
      }
    }
  }

  /** Whoever does not own the run says so; then it is asked again another time. */
  private answer(runId: string, workflowId: string, key: string): void {
    const { cluster, host } = this;
    const action = cluster.workflow(workflowId).world.approves(key) ? 'approve' : 'reject';
    const given = { type: 'answer', key, action, values: {}, by: 'Ada' } as const;
    for (const replica of cluster.replicas) {
      cluster.network
        .call(host, replica.host, `${action} ${key}`, patienceMs, () => replica.answer(runId, given))
        .catch(() => undefined);
    }
  }
}
