import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { RunServiceService } from '@treadle/contracts';
import { isTerminal, type RunStatus } from '@treadle/engine';
import type { Handlers } from '@treadle/grpc';
import type { MessageBus } from '@treadle/messaging';
import { cancelRun } from '../domain/cancel-run.js';
import { listRuns, readJournal, readRun } from '../domain/read-run.js';
import type { RunRepository } from '../domain/run.repository.js';
import { runFromState } from '../domain/run-view.js';
import { type StartRunPorts, startRun } from '../domain/start-run.js';

/** Runs over gRPC, or called directly in standalone. */
@Controller()
export class RunController implements Handlers<typeof RunServiceService> {
  constructor(
    private readonly ports: StartRunPorts,
    private readonly repository: RunRepository,
    private readonly bus: MessageBus,
  ) {}

  async *startRun(request: contracts.StartRunRequest): AsyncIterable<contracts.StartRunResponse> {
    const started = await startRun(this.ports, request);
    if (started.kind === 'repeated') {
      yield* this.repeat(request, started.runId);
      return;
    }
    if (started.kind === 'elsewhere') {
      yield started.answer;
      return;
    }
    const { run, ended } = started;
    const { now } = this.ports.runs;
    yield { run: runFromState(run.facts, run.state, now()), repeatedStart: false };
    if (!ended || isOver(run.state.status)) return;
    yield { run: runFromState(run.facts, await ended, now()), repeatedStart: false };
  }

  async getRun({ tenantId, runId }: contracts.GetRunRequest): Promise<contracts.GetRunResponse> {
    return { run: await readRun(this.repository, this.ports.plans, tenantId, runId) };
  }

  listRuns(request: contracts.ListRunsRequest): Promise<contracts.ListRunsResponse> {
    return listRuns(this.repository, request);
  }

  readJournal({
    tenantId,
    runId,
    afterSequence,
  }: contracts.ReadJournalRequest): Promise<contracts.ReadJournalResponse> {
    return readJournal(this.repository, tenantId, runId, afterSequence);
  }

  cancelRun(request: contracts.CancelRunRequest): Promise<contracts.CancelRunResponse> {
    return cancelRun(this.ports.runs, this.repository, this.bus, request);
  }

  /** Answers a repeated start with the first run. If that runs at another replica, `unavailable` tells the waiting caller to follow it. */
  private async *repeat(request: contracts.StartRunRequest, runId: string): AsyncIterable<contracts.StartRunResponse> {
    const { runs, plans } = this.ports;
    const first = await readRun(this.repository, plans, request.tenantId, runId);
    yield { run: first, repeatedStart: true };
    if (!request.wait || isOver(first.status as RunStatus)) return;
    const live = await runs.find(runId);
    if (live) await runs.ended(live);
    yield { run: await readRun(this.repository, plans, request.tenantId, runId), repeatedStart: true };
  }
}

/** Whether there is nothing more to wait for: a paused run may rest for days. */
function isOver(status: RunStatus): boolean {
  return isTerminal(status) || status === 'paused';
}
