import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { RunContinuationServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import { type ContinueRunPorts, rerunRun, resumeRun } from '../domain/runs/continue-run.js';
import { startAnswers } from './start-answers.js';

/** Runs that continue others, over gRPC or called directly in standalone. */
@Controller()
export class RunContinuationController implements Handlers<typeof RunContinuationServiceService> {
  constructor(private readonly ports: ContinueRunPorts) {}

  async *resumeRun(request: contracts.ResumeRunRequest): AsyncIterable<contracts.ResumeRunResponse> {
    yield* startAnswers(this.ports, this.ports.repository, request, await resumeRun(this.ports, request));
  }

  async *rerunRun(request: contracts.RerunRunRequest): AsyncIterable<contracts.RerunRunResponse> {
    yield* startAnswers(this.ports, this.ports.repository, request, await rerunRun(this.ports, request));
  }
}
