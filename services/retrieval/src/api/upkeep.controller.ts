import type * as messages from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { Upkeep } from '../domain/upkeep.js';
import type { Rebuild } from '../domain/upkeep-ports.js';

/** The upkeep of the vector store, for callers in this process or over gRPC. */
export class UpkeepController implements Handlers<typeof messages.UpkeepServiceService> {
  constructor(private readonly upkeep: Upkeep) {}

  async getStoreStatus({ tenantId }: messages.GetStoreStatusRequest): Promise<messages.GetStoreStatusResponse> {
    const { rebuilds, spaces, ...status } = await this.upkeep.status(tenantId);
    return { ...status, spaces: [...spaces], rebuilds: rebuilds.map(rebuildMessage) };
  }

  async startRebuild({ model }: messages.StartRebuildRequest): Promise<messages.StartRebuildResponse> {
    return { rebuilds: (await this.upkeep.startRebuild(model)).map(rebuildMessage) };
  }

  async verifyStore(request: messages.VerifyStoreRequest): Promise<messages.VerifyStoreResponse> {
    const { datasets, nextCursor } = await this.upkeep.verify(request);
    return { datasets: [...datasets], nextCursor };
  }
}

function rebuildMessage({ createdAt, finishedAt, ...rebuild }: Rebuild): messages.StoreRebuild {
  return { ...rebuild, createdUnixMs: createdAt.getTime(), finishedUnixMs: finishedAt?.getTime() ?? 0 };
}
