import { StartRunRequest } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Cluster } from './cluster.js';
import type { Host } from './host.js';
import type { Accepted, Replica } from './replica.js';

/** How long a caller waits for an answer, in milliseconds. */
const patienceMs = 8000;
const tenantId = 'tenant';

/** Somebody who starts a run under a key, and asks again until there is an answer; perhaps cancels it or goes on talking. */
export class Client {
  private readonly isChat: boolean;
  private readonly first: StartRunRequest;

  constructor(
    private readonly host: Host,
    private readonly cluster: Cluster,
    private readonly key: string,
  ) {
    const workflow = cluster.dice.pick(cluster.workflows);
    this.isChat = workflow?.plan.kind === 'chat';
    this.first = StartRunRequest.fromPartial({
      tenantId,
      workflowId: workflow?.id ?? '',
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
    const [begun] = await Promise.all(Array.from({ length: copies }, () => this.start(this.first)));
    if (dice.chance(0.1)) await this.misuseKey();
    if (this.isChat) await this.talk(begun?.conversationId ?? '');
    if (dice.chance(0.2)) await this.cancel(begun?.runId ?? '');
  }

  /** More messages in the same conversation, without waiting for what becomes of the earlier ones. */
  private async talk(conversationId: string): Promise<void> {
    const { dice } = this.cluster;
    for (let turn = 2; dice.chance(0.6) && turn <= 4; turn++) {
      await this.host.pause(dice.between(0, 1500));
      await this.start({ ...this.first, conversationId, idempotencyKey: `${this.key}, turn ${turn}` });
    }
  }

  private async start(request: StartRunRequest): Promise<Accepted> {
    const { checker } = this.cluster;
    const key = request.idempotencyKey;
    const accepted = await this.insist(`start ${key}`, async (replica) => {
      const { ended, ...begun } = await replica.startRun(request);
      // The caller hears of the end by the same connection, if nothing happens to it.
      const tell = (status: string, sequence: number) =>
        this.cluster.network.carry(this.host, `end of ${key}`, () => checker.heardEnd(begun.runId, status, sequence));
      ended?.then(({ status, sequence }) => tell(status, sequence)).catch(() => undefined);
      return begun;
    });
    checker.accepted(accepted.runId, key);
    return accepted;
  }

  /** The same key with another request is refused. */
  private async misuseKey(): Promise<void> {
    const other = { ...this.first, requestHash: 'another' };
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
