import type { GetStoreStatusResponse, StoreRebuild, VectorSpace, VerifyStoreResponse } from '@treadle/contracts';

/** What the API shows of the vector store and the work on it. */
export function storeStatusView({ store, ready, owed, spaces, rebuilds }: GetStoreStatusResponse) {
  return {
    ...{ store, ready, owed },
    spaces: spaces.map(({ space, serving }) => ({ space: spaceView(space), serving: serving || null })),
    rebuilds: rebuilds.map(rebuildView),
  };
}

export function rebuildView(rebuild: StoreRebuild) {
  const { id, space, status, phase, points, pointsTotal, report, createdUnixMs, finishedUnixMs } = rebuild;
  return {
    ...{ id, space: spaceView(space), status, phase, points },
    points_total: pointsTotal,
    report: report || null,
    created_at: new Date(createdUnixMs).toISOString(),
    finished_at: finishedUnixMs > 0 ? new Date(finishedUnixMs).toISOString() : null,
  };
}

export function verifiedView({ datasets, nextCursor }: VerifyStoreResponse) {
  return {
    datasets: datasets.map(({ tenantId, datasetId, points, missing, extra, stale }) => {
      return { organisation_id: tenantId, dataset_id: datasetId || null, points, missing, extra, stale };
    }),
    next_cursor: nextCursor || null,
  };
}

function spaceView({ provider, model, dimensions }: VectorSpace = { provider: '', model: '', dimensions: 0 }) {
  return { provider, model, dimensions };
}
