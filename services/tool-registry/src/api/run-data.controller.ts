import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { RunDataServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';

/** The record of calls that runs have made. Calls may throw FailureError `unavailable`. */
export interface CallsOfRuns {
  find(
    tenantId: string,
    runIds: readonly string[],
  ): Promise<{ readonly calls: number; readonly childRunIds: string[] }>;
  /** Deletes them, with their arguments and answers. */
  remove(tenantId: string, runIds: readonly string[]): Promise<void>;
}

/** Over gRPC, or called directly in standalone. */
@Controller()
export class RunDataController implements Handlers<typeof RunDataServiceService> {
  constructor(private readonly calls: CallsOfRuns) {}

  async findRunData({ tenantId, runIds }: contracts.FindRunDataRequest): Promise<contracts.FindRunDataResponse> {
    const { calls, childRunIds } = await this.calls.find(tenantId, runIds);
    return { found: { tool_calls: calls }, childRunIds };
  }

  async eraseRunData({ tenantId, runIds }: contracts.EraseRunDataRequest): Promise<contracts.EraseRunDataResponse> {
    await this.calls.remove(tenantId, runIds);
    return {};
  }
}
