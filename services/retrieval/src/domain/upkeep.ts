import { FailureError } from '@treadle/failure';
import { isId, notFound } from './dataset.js';
import type { StoreCopy } from './store-copy.js';
import type { Rebuild, RebuildWork, StoreDebts } from './upkeep-ports.js';
import type { VectorSpace } from './vector-store.js';
import { type Verified, VerifyStore } from './verify-store.js';

export interface UpkeepParts {
  readonly copy: StoreCopy;
  readonly debts: StoreDebts;
  readonly work: RebuildWork;
  /** Says that there is a rebuild to be worked on. */
  readonly nudge: () => void;
}

export interface StoreStatus {
  readonly store: string;
  readonly ready: boolean;
  readonly owed: number;
  readonly spaces: readonly { readonly space: VectorSpace; readonly serving: string }[];
  readonly rebuilds: readonly Rebuild[];
}

export interface GivenVerify {
  /** Empty for the whole installation. */
  readonly tenantId: string;
  /** Empty for every dataset. */
  readonly datasetIds: readonly string[];
  readonly dryRun: boolean;
  readonly cursor: string;
}

const shownRebuilds = 20;

/** What operators do with the vector store: look at it, verify it, build it anew. */
export class Upkeep {
  private readonly verifying: VerifyStore;

  constructor(private readonly parts: UpkeepParts) {
    this.verifying = new VerifyStore(parts.copy);
  }

  /** Of the whole installation where no tenant is named. */
  async status(tenantId: string): Promise<StoreStatus> {
    const { copy, debts, work } = this.parts;
    const used = await copy.truth.spaces(tenantId || undefined);
    const ready = await copy.store.isReady();
    const spaces = await Promise.all(
      used.map(async (space) => ({ space, serving: ready ? ((await this.serving(space)) ?? '') : '' })),
    );
    const keys = new Set(used.map((space) => JSON.stringify(spaceKey(space))));
    const rebuilds = (await work.list(shownRebuilds)).filter(
      ({ space }) => tenantId === '' || keys.has(JSON.stringify(spaceKey(space))),
    );
    const owed = await debts.count(tenantId || undefined);
    return { store: copy.store.name, ready, owed, spaces, rebuilds };
  }

  /** Throws FailureError `not_found` where no points are of the model, `already_exists` where a rebuild is under way. */
  async startRebuild(model: string): Promise<Rebuild[]> {
    const { copy, work, nudge } = this.parts;
    const spaces = (await copy.truth.spaces()).filter((space) => model === '' || space.model === model);
    if (model !== '' && spaces.length === 0) {
      const message = `No dataset has points of the model "${model.slice(0, 200)}". \`treadle retrieval status\` shows which there are.`;
      throw FailureError.of('not_found', message, { field: 'model' });
    }
    const started = await work.start(spaces);
    nudge();
    return started;
  }

  async verify({ tenantId, datasetIds, dryRun, cursor }: GivenVerify): Promise<Verified> {
    const wrong = datasetIds.find((id) => !isId(id));
    if (wrong !== undefined) throw notFound('dataset', wrong);
    const scope = { ...(tenantId && { tenantId }), ...(datasetIds.length > 0 && { datasetIds }) };
    return this.verifying.verify({ scope, dryRun, cursor });
  }

  /** A store that goes away meanwhile says as much as one that was away before. */
  private async serving(space: VectorSpace): Promise<string | undefined> {
    try {
      return (await this.parts.copy.store.generations(space)).serving;
    } catch {
      return undefined;
    }
  }
}

const spaceKey = ({ provider, model, dimensions }: VectorSpace) => [provider, model, dimensions];
