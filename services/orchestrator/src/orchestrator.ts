import { randomUUID } from 'node:crypto';
import { replicasChangedSubject, runEndedSubject, runEventsSubject, workflowChangedSubject } from '@treadle/contracts';
import { type FileStore, RunValues } from '@treadle/files';
import type { MessageBus } from '@treadle/messaging';
import { catalog } from '@treadle/nodes';
import { migrate, TenantTables } from '@treadle/persistence';
import { type HealthRegistry, Metrics } from '@treadle/telemetry';
import type { Pool } from 'pg';
import { ApprovalController } from './api/approval.controller.js';
import { ConversationController } from './api/conversation.controller.js';
import type { EntryController } from './api/entry.controller.js';
import type { ErasureController } from './api/erasure.controller.js';
import { FeedbackController } from './api/feedback.controller.js';
import { FileController } from './api/file.controller.js';
import { PartitionResponder, type PassedOnTurns } from './api/partition.responder.js';
import { Repeating } from './api/repeat.js';
import type { RetentionController } from './api/retention.controller.js';
import { RunController } from './api/run.controller.js';
import { RunContinuationController } from './api/run-continuation.controller.js';
import { WorkflowController } from './api/workflow.controller.js';
import { takenOverBy } from './domain/conversations/continue-turn.js';
import { OneByOne } from './domain/conversations/one-by-one.js';
import { TurnQueue } from './domain/conversations/turn-queue.js';
import type { FireSchedules } from './domain/entries/fire-schedules.js';
import { Files } from './domain/files/files.js';
import type { OwnedPartitions } from './domain/partitions/partition-leases.js';
import { PartitionOwner } from './domain/partitions/partition-owner.js';
import { cancelRun } from './domain/runs/cancel-run.js';
import { type ContinueRunPorts, continueRun } from './domain/runs/continue-run.js';
import type { LiveRun } from './domain/runs/live-run.js';
import { LiveRuns, type RunEffects } from './domain/runs/live-runs.js';
import type { PlanSource } from './domain/runs/plan-source.js';
import type { RunRepository } from './domain/runs/run.repository.js';
import { newConversationId, newRunId } from './domain/runs/run-id.js';
import type { Commit } from './domain/runs/run-journal.js';
import { RunTimers } from './domain/runs/run-timers.js';
import { startRun } from './domain/runs/start-run.js';
import { isPassing, TaskDispatcher } from './domain/runs/task-dispatcher.js';
import { readTypePools } from './domain/runs/type-pools.js';
import { Workflows } from './domain/workflows/workflows.js';
import { Housekeeping, type HousekeepingOptions } from './housekeeping.js';
import { type Database, schemaName } from './infra/database.js';
import { KyselyApprovalRepository } from './infra/kysely-approval.repository.js';
import { KyselyConversationRepository } from './infra/kysely-conversation.repository.js';
import { KyselyConversationTurns } from './infra/kysely-conversation-turns.js';
import { KyselyFeedbackRepository } from './infra/kysely-feedback.repository.js';
import { KyselyFileRepository } from './infra/kysely-file.repository.js';
import { KyselyRunRepository } from './infra/kysely-run.repository.js';
import { KyselyStartKeys } from './infra/kysely-start-keys.js';
import { KyselyWorkflowRepository } from './infra/kysely-workflow.repository.js';
import { migrations } from './infra/migrations/index.js';
import { PgPartitionLeases } from './infra/pg-partition-leases.js';
import { PgRunJournal } from './infra/pg-run-journal.js';
import type { OrchestratorConfig } from './orchestrator.config.js';
import { OrchestratorMetrics } from './orchestrator-metrics.js';
import { Triggers } from './triggers.js';

/** How long a start waits where no partition is owned at the moment, in milliseconds. */
const firstPartitionWaitMs = 5000;

/** Where the service writes what an operator should know. A pino logger is one. */
export interface OrchestratorLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface OrchestratorParts {
  readonly config: OrchestratorConfig;
  /** Its connections see the schema `orchestrator`. Belongs to the caller, who ends it after `stop`. */
  readonly pool: Pool;
  readonly bus: MessageBus;
  /** The same that executors and the gateway use. */
  readonly files: FileStore;
  readonly log: OrchestratorLog;
  readonly health: HealthRegistry;
  /** Absent where nobody reads them. */
  readonly metrics?: Metrics;
  /** True where no second orchestrator can exist: takes over all runs at once, without waiting for leases. */
  readonly alone: boolean;
  /** The present, in milliseconds since the epoch; absent takes the system's clock. */
  readonly now?: () => number;
}

/** What comes in, by gRPC or called directly. */
export interface Controllers {
  readonly runs: RunController;
  readonly continuations: RunContinuationController;
  readonly workflows: WorkflowController;
  readonly approvals: ApprovalController;
  readonly conversations: ConversationController;
  readonly entries: EntryController;
  readonly files: FileController;
  readonly feedback: FeedbackController;
  readonly erasures: ErasureController;
  readonly retention: RetentionController;
}

/** The service with its ports tied to their adapters, and its life from start to stop. */
export class Orchestrator {
  readonly controllers: Controllers;
  private readonly metrics: OrchestratorMetrics;
  private readonly runs: LiveRuns;
  private readonly leases: PgPartitionLeases;
  private readonly owner: PartitionOwner;
  private readonly dispatcher: TaskDispatcher;
  private readonly turns: TurnQueue;
  private readonly values: RunValues;
  private readonly responder: PartitionResponder;
  private readonly loops: Repeating[];
  private readonly startupDone: () => void;
  private started: Promise<void> | undefined;
  private stopping = false;

  constructor(private readonly parts: OrchestratorParts) {
    const { config, pool, bus, log, now = () => Date.now() } = parts;
    const metrics = new OrchestratorMetrics(parts.metrics ?? new Metrics());
    this.metrics = metrics;
    const journal = new PgRunJournal(pool, (...write) => metrics.wrote(...write));
    const tables = new TenantTables<Database>(pool);
    const runRepository = new KyselyRunRepository(tables);
    const workflowRepository = new KyselyWorkflowRepository(tables);
    const triggers = new Triggers({ config, pool, log, now });
    const workflows = new Workflows(workflowRepository, catalog, now, tellChanged(bus), triggers.entries);
    const conversations = new KyselyConversationTurns(tables.all);
    this.turns = this.makeTurns(conversations, runRepository, workflows);
    // Its size was checked where a value came from: what the engine has made of it is never refused.
    this.values = new RunValues({ store: parts.files, maxBytes: Number.POSITIVE_INFINITY });
    this.dispatcher = this.makeDispatcher(conversations, now);
    this.runs = new LiveRuns({
      catalog,
      journal,
      values: this.values,
      plans: workflows,
      effects: this.effects(),
      now,
      maxLiveRuns: config.maxLiveRuns,
    });
    this.leases = new PgPartitionLeases(pool);
    this.owner = this.makeOwner();
    metrics.watch({ runs: this.runs, owned: () => this.owner.current(), waitingCommits: () => journal.waiting, bus });
    const files = new Files(new KyselyFileRepository(tables), parts.files, now);
    const ports: ContinueRunPorts = {
      repository: runRepository,
      runs: this.runs,
      plans: workflows,
      versions: workflows,
      keys: new KyselyStartKeys(tables.all),
      turns: { conversations, order: new OneByOne(), bus, newConversationId, keepSeconds: config.conversationSeconds },
      files,
      pickPartition: () => this.owner.any(firstPartitionWaitMs),
      newRunId,
    };
    this.responder = this.makeResponder(ports, runRepository, workflows);
    const conversationRepository = new KyselyConversationRepository(tables);
    const housekeeping = this.makeHousekeeping(
      { tables, conversations: conversationRepository, files, now },
      runRepository,
    );
    this.controllers = {
      runs: new RunController(ports, runRepository, bus),
      continuations: new RunContinuationController(ports),
      workflows: new WorkflowController(workflows, workflowRepository),
      approvals: new ApprovalController({ runs: this.runs, approvals: new KyselyApprovalRepository(tables), bus }),
      conversations: new ConversationController(conversationRepository, now),
      entries: triggers.controller(ports, runRepository),
      files: new FileController(files),
      feedback: new FeedbackController(runRepository, new KyselyFeedbackRepository(tables), now),
      erasures: housekeeping.erasures,
      retention: housekeeping.retention,
    };
    this.loops = [...this.makeLoops(triggers.firing(ports)), ...housekeeping.loops()];
    this.startupDone = parts.health.beginStartup('orchestrator');
    this.registerHealth();
  }

  /** Begins to work, as soon as the database is there. Resolves when it does. */
  start(): Promise<void> {
    this.started ??= this.boot();
    return this.started;
  }

  /** Hands everything over. What is being decided is committed first. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.started;
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await this.responder.stop();
    await this.owner.leave().catch((error: unknown) => {
      this.parts.log.warn({ err: error }, 'could not give up the partitions; their leases will run out');
    });
  }

  private async boot(): Promise<void> {
    const { pool, log } = this.parts;
    for (let waitMs = 100; !this.stopping; waitMs = Math.min(waitMs * 2, 5000)) {
      try {
        await migrate(pool, schemaName, migrations);
        await this.leases.prepare();
        await this.owner.tick();
        break;
      } catch (error) {
        if (!isPassing(error)) throw error;
        log.warn({ err: error }, 'the database is not there yet');
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
    if (this.stopping) return;
    this.responder.start();
    for (const loop of this.loops) loop.start();
    // Nobody is sent here before a run can begin here: what a dead orchestrator held is free when its lease has run out.
    void this.owner.some(this.parts.config.partitionLeaseMs).then(this.startupDone);
    log.info({}, 'orchestrating');
  }

  private makeDispatcher(conversations: KyselyConversationTurns, now: () => number): TaskDispatcher {
    return new TaskDispatcher({
      bus: this.parts.bus,
      catalog,
      typePools: readTypePools(this.parts.config.typePools, catalog),
      conversations,
      values: this.values,
      now,
      fenceOf: (partition) => this.runs.fenceOf(partition),
      onError: (run, error) => this.notQueued(run, error),
    });
  }

  private makeTurns(conversations: KyselyConversationTurns, repository: RunRepository, plans: PlanSource): TurnQueue {
    return new TurnQueue({
      conversations,
      takenOver: (run, stored) => takenOverBy({ repository, plans }, run, stored),
      now: () => this.parts.now?.() ?? Date.now(),
      onError: this.failed('begin a turn'),
    });
  }

  private makeHousekeeping(
    around: Pick<HousekeepingOptions, 'tables' | 'conversations' | 'files' | 'now'>,
    repository: RunRepository,
  ): Housekeeping {
    const { config, pool, bus } = this.parts;
    return new Housekeeping({
      ...around,
      config,
      pool,
      values: this.values,
      cancel: (request) => cancelRun(this.runs, repository, bus, request),
      failed: (doing) => this.failed(doing),
    });
  }

  private makeOwner(): PartitionOwner {
    const { config, alone } = this.parts;
    return new PartitionOwner({
      leases: this.leases,
      replica: randomUUID(),
      leaseMs: config.partitionLeaseMs,
      alone,
      onChange: (owned) => this.owns(owned),
      tellOthers: () => this.parts.bus.publish(replicasChangedSubject, {}),
    });
  }

  private makeResponder(ports: ContinueRunPorts, repository: RunRepository, workflows: Workflows): PartitionResponder {
    return new PartitionResponder({
      bus: this.parts.bus,
      runs: this.runs,
      repository,
      workflows,
      turns: passedOnTo(ports),
      onReplicasChanged: () => void this.owner.tick().catch(this.failed('look for partitions')),
    });
  }

  private registerHealth(): void {
    const { health, pool, bus } = this.parts;
    health.register('orchestrator database', () => pool.query('select 1'));
    health.register('orchestrator bus', async () => {
      if (!bus.isReady()) throw new Error('the bus is not connected');
    });
  }

  private effects(): RunEffects {
    return {
      dispatch: (run, commands, offers) => this.dispatcher.dispatch(run, commands, offers),
      announce: (commit) => this.announce(commit),
      committed: (facts, commit) => this.metrics.committed(facts, commit),
      queued: (run) => this.turns.add(run),
      left: (run) => this.turns.left(run),
      poisoned: (facts, error) =>
        this.parts.log.error({ err: error, runId: facts.id }, 'the engine met a bug; the run was failed'),
    };
  }

  private makeLoops(schedules: FireSchedules): Repeating[] {
    const { config } = this.parts;
    const { runs, dispatcher } = this;
    const timers = new RunTimers({ runs, dispatcher, leaseMs: config.taskLeaseMs, onError: this.failed('wake a run') });
    return [
      new Repeating(config.partitionLeaseMs / 3, () => this.owner.tick(), this.failed('renew the partition leases')),
      new Repeating(200, () => timers.wakeDue(), this.failed('wake runs')),
      new Repeating(1000, () => timers.reconcile(), this.failed('reconcile runs')),
      new Repeating(5000, () => this.turns.advanceAll(), this.failed('begin turns')),
      new Repeating(1000, () => schedules.fireDue(), this.failed('fire schedules')),
    ];
  }

  private failed(doing: string): (error: unknown) => void {
    return (error) => {
      if (isPassing(error)) this.parts.log.warn({ err: error }, `could not ${doing}; trying again`);
      else this.parts.log.error({ err: error }, `could not ${doing}`);
    };
  }

  private async owns(owned: OwnedPartitions): Promise<void> {
    this.runs.setOwned(owned);
    await this.responder.setOwned(new Set(owned.keys()));
    const count = await this.runs.recover();
    this.parts.log.info({ partitions: owned.size, recoveredRuns: count }, 'owned partitions have changed');
  }

  private announce({ runId, firstSequence, at, eventsJson, progress }: Commit): void {
    this.parts.bus.publish(runEventsSubject(runId), { runId, firstSequence, atUnixMs: at, eventsJson });
    // Others end when nothing is left to do for them.
    if (progress?.status === 'failed' || progress?.status === 'cancelled')
      this.parts.bus.publish(runEndedSubject, { runId });
  }

  private notQueued(run: LiveRun, error: unknown): void {
    this.parts.log.warn({ err: error, runId: run.facts.id }, 'a task could not be queued; it will be sent again');
  }
}

function tellChanged(bus: MessageBus) {
  return (tenantId: string, workflowId: string) => bus.publish(workflowChangedSubject, { tenantId, workflowId });
}

function passedOnTo(ports: ContinueRunPorts): PassedOnTurns {
  return {
    start: (request) => startRun(ports, request),
    continue: (request) => continueRun(ports, request),
  };
}
