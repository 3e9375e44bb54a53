import {
  type ContinueTurnRequest,
  cancelRunSubject,
  continueTurnSubject,
  giveAnswerSubject,
  heartbeatSubject,
  replicasChangedSubject,
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

export interface PartitionResponderPorts {
  readonly bus: MessageBus;
  readonly runs: LiveRuns;
  readonly repository: FindRun;
  readonly workflows: Pick<Workflows, 'forget'>;
  readonly turns: PassedOnTurns;
  /** Told when other orchestrators have come, gone or given up partitions. */
  readonly onReplicasChanged: () => void;
}

/** Listens on the bus: to everybody's heartbeats, and to what is sent to the owner of each owned partition. */
export class PartitionResponder {
  private readonly general: Promise<Subscription>[] = [];
  private readonly byPartition = new Map<number, Promise<Subscription>[]>();

  constructor(private readonly ports: PartitionResponderPorts) {}

  start(): void {
    const { bus, runs, workflows, onReplicasChanged } = this.ports;
    this.general.push(
      bus.subscribe(heartbeatSubject, (heartbeat) => takeHeartbeat(runs, heartbeat)),
      bus.subscribe(workflowChangedSubject, ({ tenantId, workflowId }) => workflows.forget(tenantId, workflowId)),
      bus.subscribe(replicasChangedSubject, onReplicasChanged),
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
    const { bus, runs, repository, turns } = this.ports;
    this.byPartition.set(partition, [
      bus.respond(resultSubject(partition), (result) => takeResult(runs, result)),
      bus.respond(cancelRunSubject(partition), (request) => cancelOwnRun(runs, repository, request)),
      bus.respond(giveAnswerSubject(partition), (request) => giveAnswer(runs, request)),
      bus.respond(startTurnSubject(partition), (request) => takeTurn(runs, partition, () => turns.start(request))),
      bus.respond(continueTurnSubject(partition), (request) =>
        takeTurn(runs, partition, () => turns.continue(request)),
      ),
    ]);
  }
}

async function closeAll(subscriptions: readonly Promise<Subscription>[]): Promise<void> {
  await Promise.all(subscriptions.map(async (subscription) => (await subscription).close()));
}
