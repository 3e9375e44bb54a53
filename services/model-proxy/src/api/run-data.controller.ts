import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { RunDataServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';

/** What the accounts hold of runs. Calls may throw FailureError `unavailable`. */
export interface RunData {
  /** How many calls of models are accounted to these runs. */
  count(tenantId: string, runIds: readonly string[]): Promise<number>;
  /** Leaves what was used and what it cost, and forgets for which run it was; empties the tenant's response cache, which knows no runs. */
  unlink(tenantId: string, runIds: readonly string[]): Promise<void>;
}

/** Over gRPC, or called directly in standalone. */
@Controller()
export class RunDataController implements Handlers<typeof RunDataServiceService> {
  constructor(private readonly data: RunData) {}

  async findRunData({ tenantId, runIds }: contracts.FindRunDataRequest): Promise<contracts.FindRunDataResponse> {
    return { found: { usage_records: await this.data.count(tenantId, runIds) }, childRunIds: [] };
  }

  async eraseRunData({ tenantId, runIds }: contracts.EraseRunDataRequest): Promise<contracts.EraseRunDataResponse> {
    await this.data.unlink(tenantId, runIds);
    return {};
  }
}
