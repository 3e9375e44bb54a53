import { StartRunRequest } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Cluster } from './cluster.js';
import type { Host } from './host.js';
import type { Replica } from './replica.js';

/** How long a caller waits for an answer, in milliseconds. */
const patienceMs = 8000;
const tenantId = 'tenant';

/** Somebody who starts a run under a key, and asks again until there is an answer; perhaps cancels it later. */
export class Client {
  private readonly request: StartRunRequest;

  constructor(
    private readonly host: Host,
    private readonly cluster: Cluster,
    workflowId: string,
    private readonly key: string,
  ) {
    this.request = StartRunRequest.fromPartial({
      tenantId,
      workflowId,
      version: 1,
      inputsJson: '{}',
      idempotencyKey: key,
      requestHash: `hash of ${key}`,
      wait: cluster.dice.chance(0.5),
    });
  }

  /** Resolves when it has all the answers it wants. */
  async run(): Promise<void> {
    const { dice } = this.cluster;
    await this.host.pause(dice.between(0, 20_000));
    const copies = dice.chance(0.3) ? 2 : 1;
    const [runId = ''] = await Promise.all(Array.from({ length: copies }, () => this.start()));
    if (dice.chance(0.1)) await this.misuseKey();
    if (dice.chance(0.2)) await this.cancel(runId);
  }

  private async start(): Promise<string> {
    const { checker } = this.cluster;
    const runId = await this.insist(`start ${this.key}`, async (replica) => {
      const { runId, ended } = await replica.startRun(this.request);
      // The caller hears of the end by the same connection, if nothing happens to it.
      const tell = (status: string, sequence: number) =>
        this.cluster.network.carry(this.host, `end of ${this.key}`, () => checker.heardEnd(runId, status, sequence));
      ended?.then(({ status, sequence }) => tell(status, sequence)).catch(() => undefined);
      return runId;
    });
    checker.accepted(runId, this.key);
    return runId;
  }

  /** The same key with another request is refused. */
  private async misuseKey(): Promise<void> {
    const other = { ...this.request, requestHash: 'another' };
    const runId = await this.insist(`misuse ${this.key}`, async (replica) => {
      try {
        return (await replica.startRun(other)).runId;
      } catch (error) {
        if (error instanceof FailureError && error.failure.code === 'idempotency_key_reused') return undefined;
        throw error;
      }
    });
    if (runId !== undefined) this.cluster.checker.violated(7, `key ${this.key} was taken with another request`);
  }

  private async cancel(runId: string): Promise<void> {
    await this.host.pause(this.cluster.dice.between(0, 6000));
    const { cancelled } = await this.insist(`cancel ${this.key}`, (replica) =>
      replica.cancelRun({ tenantId, runId, reason: 'no longer wanted' }),
    );
    this.cluster.checker.heardCancel(runId, cancelled);
  }

  /** Asks one replica after the other until one has answered. */
  private async insist<Answer>(what: string, ask: (replica: Replica) => Promise<Answer>): Promise<Answer> {
    const { cluster, host } = this;
    for (;;) {
      const replica = cluster.anyReplica();
      try {
        if (replica) return await cluster.network.call(host, replica.host, what, patienceMs, () => ask(replica));
      } catch (error) {
        if (!isPassing(error)) cluster.checker.unexpected(what, error);
      }
      await host.pause(cluster.dice.between(100, 1500));
    }
  }
}

const isPassing = (error: unknown) => error instanceof FailureError && error.failure.retryable;
