import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { RunServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { MessageBus } from '@treadle/messaging';
import { cancelRun } from '../domain/runs/cancel-run.js';
import { listRuns, readJournal, readRun } from '../domain/runs/read-run.js';
import type { RunRepository } from '../domain/runs/run.repository.js';
import { type StartRunPorts, startRun } from '../domain/runs/start-run.js';
import { whose } from '../domain/whose.js';
import { startAnswers } from './start-answers.js';

/** Runs over gRPC, or called directly in standalone. */
@Controller()
export class RunController implements Handlers<typeof RunServiceService> {
  constructor(
    private readonly ports: StartRunPorts,
    private readonly repository: RunRepository,
    private readonly bus: MessageBus,
  ) {}

  async *startRun(request: contracts.StartRunRequest): AsyncIterable<contracts.StartRunResponse> {
    yield* startAnswers(this.ports, this.repository, request, await startRun(this.ports, request));
  }

  async getRun({ tenantId, runId, ...theirs }: contracts.GetRunRequest): Promise<contracts.GetRunResponse> {
    return { run: await readRun(this.repository, this.ports.plans, tenantId, runId, whose(theirs)) };
  }

  listRuns(request: contracts.ListRunsRequest): Promise<contracts.ListRunsResponse> {
    return listRuns(this.repository, request);
  }

  readJournal(request: contracts.ReadJournalRequest): Promise<contracts.ReadJournalResponse> {
    return readJournal(this.repository, request);
  }

  cancelRun(request: contracts.CancelRunRequest): Promise<contracts.CancelRunResponse> {
    return cancelRun(this.ports.runs, this.repository, this.bus, request);
  }

  async forgetStartKey(request: contracts.ForgetStartKeyRequest): Promise<contracts.ForgetStartKeyResponse> {
    await this.ports.keys.forget(request.tenantId, request.idempotencyKey, request.runId);
    return {};
  }
}
