import type { ErasedUser, ErasureRepository, Found } from './erasure.repository.js';

/** How many conversations or files go at once. */
const batch = 100;

export interface ErasurePorts {
  readonly repository: ErasureRepository;
  /** Ends a run before its time; one that has ended stays as it is. */
  readonly cancel: (tenantId: string, runId: string) => Promise<unknown>;
  /** Deletes the large values and files of a run. */
  readonly deleteValues: (run: { readonly tenantId: string; readonly runId: string }) => Promise<void>;
  readonly deleteFile: (tenantId: string, fileId: string) => Promise<void>;
}

/** Forgets end users. Whatever is done is done for good, so each step may be repeated after a crash. */
export class EraseUser {
  constructor(private readonly ports: ErasurePorts) {}

  survey(user: ErasedUser): Promise<Found> {
    return this.ports.repository.survey(user);
  }

  runs(user: ErasedUser, skip: number, limit: number): Promise<string[]> {
    return this.ports.repository.runs(user, skip, limit);
  }

  runsFrom(tenantId: string, runIds: readonly string[], skip: number, limit: number): Promise<string[]> {
    return this.ports.repository.runsFrom(tenantId, runIds, skip, limit);
  }

  /** Cancels what is under way, then deletes. The rows go last: while they are there, the runs are found again. @returns how many were cancelled */
  async eraseRuns(tenantId: string, runIds: readonly string[]): Promise<number> {
    const { repository, cancel, deleteValues } = this.ports;
    const underWay = await repository.underWay(tenantId, runIds);
    for (const runId of underWay) await cancel(tenantId, runId);
    for (const runId of runIds) await deleteValues({ tenantId, runId });
    await repository.removeRuns(tenantId, runIds, underWay);
    return underWay.length;
  }

  /** Deletes a batch of conversations and of files. @returns whether there may be more */
  async eraseRest(user: ErasedUser): Promise<boolean> {
    const { repository, deleteFile } = this.ports;
    const conversations = await repository.removeConversations(user, batch);
    const files = user.workflowId === '' ? await repository.files(user, batch) : [];
    for (const fileId of files) await deleteFile(user.tenantId, fileId);
    return conversations === batch || files.length === batch;
  }

  /** What executors that were at work for erased runs have put away since. */
  async eraseLeftovers(): Promise<void> {
    for (const run of await this.ports.repository.leftovers(batch)) await this.ports.deleteValues(run);
  }
}
