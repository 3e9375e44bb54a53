import type { CancelRunRequest, CancelRunResponse, StartRunRequest } from '@treadle/contracts';
import { replicasChangedSubject, runEventsSubject } from '@treadle/contracts';
import type { Input, RunState } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { MessageBus } from '@treadle/messaging';
import {
  cancelRun,
  isPassing,
  LiveRuns,
  OneByOne,
  type OwnedPartitions,
  PartitionOwner,
  PartitionResponder,
  type PlanId,
  type RunEffects,
  RunTimers,
  type StartRunPorts,
  startRun,
  TaskDispatcher,
  TurnQueue,
} from '@treadle/orchestrator/parts';
import type { Checker, ReplicaMemory } from './checker.js';
import type { Cluster } from './cluster.js';
import { Connection } from './connection.js';
import type { Host } from './host.js';
import { SimulatedBus } from './simulated-bus.js';
import type { Timers } from './tampering.js';

const partitionLeaseMs = 9000;
const taskLeaseMs = 20_000;

/** Simulated callers start runs, and resume none. */
const nothingIsContinued = () => Promise.reject(new Error('nobody has asked to continue a run'));

/** What a caller hears of its run. */
export interface Accepted {
  readonly runId: string;
  readonly conversationId: string;
  readonly ended?: Promise<RunState> | undefined;
}

/** One orchestrator: its real parts, put together as the service does it, around simulated ports. */
export class Replica implements ReplicaMemory {
  readonly runs: LiveRuns;
  private readonly checker: Checker;
  private readonly bus: MessageBus;
  private readonly connection: Connection;
  private readonly owner: PartitionOwner;
  private readonly responder: PartitionResponder;
  private readonly dispatcher: TaskDispatcher;
  private readonly turns: TurnQueue;
  private readonly timers: Timers;
  private readonly ports: StartRunPorts;
  private leaving = false;

  constructor(
    readonly host: Host,
    private readonly cluster: Cluster,
  ) {
    const { checker, network, tampering } = cluster;
    this.checker = checker;
    const bus = new SimulatedBus(network, host, checker);
    this.bus = tampering.bus?.(bus, () => this.runs) ?? bus;
    this.connection = new Connection(host, cluster);
    const { journal, keys, leases, runs, conversations } = this.connection;
    const plans = { plan: ({ workflowId }: PlanId) => this.connection.query(async () => cluster.planOf(workflowId)) };
    const newId = (partition: number) => cluster.newId(partition);
    this.turns = this.makeTurns();
    this.dispatcher = new TaskDispatcher({
      bus: this.bus,
      catalog: cluster.catalog,
      conversations,
      now: host.now,
      fenceOf: (partition) => this.runs.fenceOf(partition),
      onError: (_, error) => this.failed(error),
    });
    const options = {
      catalog: cluster.catalog,
      journal: tampering.journal?.(journal) ?? journal,
      plans,
      effects: this.effects(),
      now: host.now,
      maxLiveRuns: 1000,
    };
    this.runs = tampering.liveRuns?.(options) ?? new LiveRuns(options);
    this.owner = new PartitionOwner({
      leases,
      replica: host.name,
      leaseMs: partitionLeaseMs,
      alone: false,
      onChange: (owned) => this.owns(owned),
      tellOthers: () => this.bus.publish(replicasChangedSubject, {}),
    });
    const timers = this.makeTimers();
    this.timers = tampering.timers?.(timers, this.runs) ?? timers;
    this.ports = {
      runs: this.runs,
      plans,
      versions: { resolve: async () => 1, newest: async () => 1 },
      keys: tampering.keys?.(keys) ?? keys,
      files: { find: async () => [] },
      turns: { conversations, order: new OneByOne(), bus: this.bus, newConversationId: newId, keepSeconds: 0 },
      pickPartition: () => this.pickPartition(),
      newRunId: newId,
    };
    this.responder = new PartitionResponder({
      bus: this.bus,
      runs: this.runs,
      repository: runs,
      workflows: { forget: () => undefined },
      turns: { start: (request) => startRun(this.ports, request), continue: nothingIsContinued },
      onReplicasChanged: () => void this.tick(),
    });
  }

  private makeTurns(): TurnQueue {
    const { conversations } = this.connection;
    const onError = (error: unknown) => this.failed(error);
    return new TurnQueue({ conversations, takenOver: nothingIsContinued, now: this.host.now, onError });
  }

  private makeTimers(): RunTimers {
    const { runs, dispatcher } = this;
    return new RunTimers({ runs, dispatcher, leaseMs: taskLeaseMs, onError: (error) => this.failed(error) });
  }

  get underway(): number {
    return this.connection.underway;
  }

  start(): void {
    const { host } = this;
    const onError = (error: unknown) => this.failed(error);
    this.responder.start();
    host.after(0, () => void this.tick());
    host.every(partitionLeaseMs / 3, () => this.tick(), onError);
    host.every(200, () => this.timers.wakeDue(), onError);
    host.every(1000, () => this.timers.reconcile(), onError);
    host.every(1000, () => this.turns.advanceAll(), onError);
  }

  /** An orderly end: everything is handed over. */
  async leave(): Promise<void> {
    this.leaving = true;
    await this.responder.stop();
    await this.owner.leave().catch((error: unknown) => this.failed(error));
    this.host.crash();
  }

  async startRun(request: StartRunRequest): Promise<Accepted> {
    const started = await startRun(this.ports, request);
    switch (started.kind) {
      case 'begun': {
        const { facts } = started.run;
        // Who waits for the end may be gone before it comes.
        started.ended?.catch(() => undefined);
        return { runId: facts.id, conversationId: facts.conversationId, ended: started.ended };
      }
      case 'elsewhere': {
        const { id = '', conversationId = '' } = started.answer.run ?? {};
        return { runId: id, conversationId };
      }
      case 'repeated': {
        const row = await this.connection.runs.find(request.tenantId, started.runId);
        return { runId: started.runId, conversationId: row?.conversationId ?? '' };
      }
    }
  }

  cancelRun(request: CancelRunRequest): Promise<CancelRunResponse> {
    return cancelRun(this.runs, this.connection.runs, this.bus, request);
  }

  answer(runId: string, input: Omit<Extract<Input, { type: 'answer' }>, 'at'>): Promise<boolean> {
    return this.runs.give(runId, { ...input, at: this.runs.now() });
  }

  private effects(): RunEffects {
    return {
      dispatch: (run, commands, offers) => this.dispatcher.dispatch(run, commands, offers),
      announce: ({ runId, firstSequence, at, eventsJson }) =>
        this.bus.publish(runEventsSubject(runId), { runId, firstSequence, atUnixMs: at, eventsJson }),
      queued: (run) => this.turns.add(run),
      left: (run) => this.turns.left(run),
      poisoned: (_, error) => this.checker.unexpected('the engine', error),
    };
  }

  private async tick(): Promise<void> {
    if (!this.leaving) await this.owner.tick().catch((error: unknown) => this.failed(error));
  }

  private async owns(owned: OwnedPartitions): Promise<void> {
    this.runs.setOwned(owned);
    await this.responder.setOwned(new Set(owned.keys()));
    await this.runs.recover();
  }

  private async pickPartition(): Promise<number> {
    const partition = this.cluster.dice.pick([...this.owner.current().keys()]);
    if (partition !== undefined) return partition;
    throw FailureError.of('unavailable', 'This orchestrator owns no partition yet.');
  }

  /** Trouble that passes is expected here; anything else is not. */
  private failed(error: unknown): void {
    if (!isPassing(error)) this.checker.unexpected(this.host.name, error);
  }
}
