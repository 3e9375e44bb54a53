import {
  type ContinueTurnRequest,
  cancelRunSubject,
  continueTurnSubject,
  giveAnswerSubject,
  heartbeatSubject,
  resultSubject,
  type StartRunRequest,
  startTurnSubject,
  workflowChangedSubject,
} from '@treadle/contracts';
import type { MessageBus, Subscription } from '@treadle/messaging';
import { giveAnswer } from '../domain/approvals/answer-approval.js';
import { takeTurn } from '../domain/conversations/take-turn.js';
import type { Started } from '../domain/runs/begin-once.js';
import { cancelOwnRun } from '../domain/runs/cancel-run.js';
import type { LiveRuns } from '../domain/runs/live-runs.js';
import type { FindRun } from '../domain/runs/run.repository.js';
import { takeHeartbeat, takeResult } from '../domain/runs/take-result.js';
import type { Workflows } from '../domain/workflows/workflows.js';

/** Begins turns that other replicas have passed on. */
export interface PassedOnTurns {
  start(request: StartRunRequest): Promise<Started>;
  continue(request: ContinueTurnRequest): Promise<Started>;
}

/** Listens on the bus: to everybody's heartbeats, and to what is sent to the owner of each owned partition. */
export class PartitionResponder {
  private readonly general: Promise<Subscription>[] = [];
  private readonly byPartition = new Map<number, Promise<Subscription>[]>();

  constructor(
    private readonly bus: MessageBus,
    private readonly runs: LiveRuns,
    private readonly repository: FindRun,
    private readonly workflows: Pick<Workflows, 'forget'>,
    private readonly turns: PassedOnTurns,
  ) {}

  start(): void {
    this.general.push(
      this.bus.subscribe(heartbeatSubject, (heartbeat) => takeHeartbeat(this.runs, heartbeat)),
      this.bus.subscribe(workflowChangedSubject, ({ tenantId, workflowId }) =>
        this.workflows.forget(tenantId, workflowId),
      ),
    );
  }

  /** Listens for these partitions from now on, and for no others. */
  async setOwned(owned: ReadonlySet<number>): Promise<void> {
    for (const [partition, subscriptions] of this.byPartition) {
      if (owned.has(partition)) continue;
      this.byPartition.delete(partition);
      await closeAll(subscriptions);
    }
    for (const partition of owned) if (!this.byPartition.has(partition)) this.listen(partition);
    await Promise.all([...this.byPartition.values()].flat());
  }

  async stop(): Promise<void> {
    await closeAll([...this.general.splice(0), ...[...this.byPartition.values()].flat()]);
    this.byPartition.clear();
  }

  private listen(partition: number): void {
    this.byPartition.set(partition, [
      this.bus.respond(resultSubject(partition), (result) => takeResult(this.runs, result)),
      this.bus.respond(cancelRunSubject(partition), (request) => cancelOwnRun(this.runs, this.repository, request)),
      this.bus.respond(giveAnswerSubject(partition), (request) => giveAnswer(this.runs, request)),
      this.bus.respond(startTurnSubject(partition), (request) =>
        takeTurn(this.runs, partition, () => this.turns.start(request)),
      ),
      this.bus.respond(continueTurnSubject(partition), (request) =>
        takeTurn(this.runs, partition, () => this.turns.continue(request)),
      ),
    ]);
  }
}

async function closeAll(subscriptions: readonly Promise<Subscription>[]): Promise<void> {
  await Promise.all(subscriptions.map(async (subscription) => (await subscription).close()));
}
