import { failureKind, toFailure } from '@treadle/failure';
import { CheckCopy, CheckFailed } from './check-copy.js';
import type { StoreCopy } from './store-copy.js';
import { type HeldRebuild, type IndexProgress, type RebuildWork, type StoreDebts, Taken } from './upkeep-ports.js';
import type { IndexRef } from './vector-store.js';

export interface RebuildSpaceParts {
  readonly copy: StoreCopy;
  readonly debts: StoreDebts;
  readonly work: RebuildWork;
  /** How long a worker may be silent before its rebuild goes to another. */
  readonly leaseMs: number;
  readonly log: {
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
}

const batch = 250;
const indexPage = 100;
/** Changes in a round of catching up that are few enough to switch. */
const fewChanges = 200;
const mostRounds = 20;
const mostAttempts = 100;
const longestDelayMs = 10_000;

/**
 * Builds the copy of a space anew beside the one that serves, and lets it serve. Killed at any moment, it goes on from the last batch.
 * Writes go to the old copy until the switch; PostgreSQL tells afterwards what they were.
 */
export class RebuildSpace {
  private readonly check: CheckCopy;

  constructor(private readonly parts: RebuildSpaceParts) {
    this.check = new CheckCopy(parts.copy);
  }

  /** Takes a rebuild that nobody works on, and sees it through; whether there was one. @param stop ends it after the batch under way. */
  async next(stop: AbortSignal): Promise<boolean> {
    const { work, leaseMs, log } = this.parts;
    const held = await work.take(leaseMs);
    if (!held) return false;
    try {
      const report = await this.run(held, stop);
      await work.finish(held, 'done', report);
      log.info({ rebuild: held.id, space: held.space, report }, 'a copy in the vector store is built anew');
    } catch (error) {
      if (error instanceof Taken) return true;
      await this.troubled(held, error, stop).catch((again: unknown) => {
        if (!(again instanceof Taken)) throw again;
      });
    }
    return true;
  }

  private async run(held: HeldRebuild, stop: AbortSignal): Promise<string> {
    const { copy, debts, work } = this.parts;
    const { space } = held;
    const { serving } = await copy.store.generations(space);
    let report = 'It had been switched to already.';
    let current = held;
    if (held.generation === '' || serving !== held.generation) {
      current = await this.begun(held);
      await this.fill(current, stop);
      await work.enter(current, 'catching up');
      for (let round = 0; round < mostRounds; round += 1) if ((await this.catchUp(current, stop)) < fewChanges) break;
      await work.enter(current, 'checking');
      report = await this.check.check(space, current.generation, () => this.catchUp(current, stop));
      await work.enter(current, 'switching');
      await this.catchUp(current, stop);
      await work.enter(current, 'switching');
      await copy.store.serve(space, current.generation);
    }
    // From here on writes reach the new copy. Those that the old one took are committed, or find their debt gone and are mended.
    await debts.reissue(space);
    await this.catchUp(current, stop);
    await work.enter(current, 'removing the old copy');
    await this.discardOthers(current);
    return report;
  }

  /** Goes on with the generation that was begun, if it is still there. What earlier rebuilds left behind is removed. */
  private async begun(held: HeldRebuild): Promise<HeldRebuild> {
    const { copy, work } = this.parts;
    const { others } = await copy.store.generations(held.space);
    const isThere = others.includes(held.generation);
    for (const name of others) if (name !== held.generation) await copy.store.discard(held.space, name);
    const generation = isThere ? held.generation : await copy.store.begin(held.space);
    if (!isThere) await work.begin(held, generation);
    return { ...held, generation };
  }

  private async fill(held: HeldRebuild, stop: AbortSignal): Promise<void> {
    const known = await this.progressOf(held);
    for await (const index of this.indexes(held))
      if (!known.get(index.indexId)?.filled) await this.fillIndex(held, index, known.get(index.indexId), stop);
  }

  /** In the order of ids; what changes behind the place is caught up with later. */
  private async fillIndex(held: HeldRebuild, index: IndexRef, from: IndexProgress | undefined, stop: AbortSignal) {
    const { copy, work, leaseMs } = this.parts;
    const { indexId, revision } = index;
    let progress = from ?? { indexId, since: revision, after: '', filled: false };
    await work.save(held, progress, 0, leaseMs);
    while (!progress.filled) {
      stop.throwIfAborted();
      const points = await copy.truth.list(index, progress.after, batch);
      const ids = points.filter(({ live }) => live).map(({ id }) => id);
      const { points: whole, documents } = await copy.truth.read(index, ids);
      if (whole.length > 0) await copy.store.upsert({ ...index, generation: held.generation }, whole, documents);
      progress = { ...progress, after: points.at(-1)?.id ?? progress.after, filled: points.length < batch };
      await work.save(held, progress, whole.length, leaseMs);
    }
  }

  /** Copies what was committed since each index was read; gives how many points that were. */
  private async catchUp(held: HeldRebuild, stop: AbortSignal): Promise<number> {
    const { work } = this.parts;
    const known = await this.progressOf(held);
    let changed = 0;
    for await (const index of this.indexes(held)) {
      stop.throwIfAborted();
      const progress = known.get(index.indexId);
      known.delete(index.indexId);
      if (!progress?.filled) {
        await this.fillIndex(held, index, progress, stop);
        changed += 1;
      } else if (index.revision > progress.since) changed += await this.catchUpIndex(held, index, progress);
    }
    // What is left over has been deleted, or was replaced by another index.
    for (const { indexId } of known.values()) {
      const gone = {
        tenantId: '',
        datasetId: '',
        indexId,
        space: held.space,
        revision: 0,
        generation: held.generation,
      };
      await this.removeIndex(gone);
      await work.drop(held, indexId);
    }
    return changed;
  }

  private async catchUpIndex(held: HeldRebuild, index: IndexRef, progress: IndexProgress): Promise<number> {
    const { copy, work, leaseMs } = this.parts;
    const target = { ...index, generation: held.generation };
    const changes = await copy.truth.changes(index, progress.since);
    let changed = 0;
    if (!changes) await copy.bringAll(target);
    for await (const { ids, documentIds } of changes ?? []) {
      await copy.bring(target, ids);
      for (const documentId of documentIds) await copy.describe(target, documentId);
      changed += ids.length + documentIds.length;
      await work.save(held, progress, 0, leaseMs);
    }
    await work.save(held, { ...progress, since: index.revision }, 0, leaseMs);
    return changed;
  }

  /** The tenant of an index that is gone is known to the copy only. */
  private async removeIndex(index: IndexRef): Promise<void> {
    const { store } = this.parts.copy;
    const named = await store.indexes(index.space, index.generation);
    const name = named.find(({ indexId }) => indexId === index.indexId);
    if (name) await store.remove({ ...index, ...name }, { all: true });
  }

  private async discardOthers({ space }: HeldRebuild): Promise<void> {
    const { store } = this.parts.copy;
    const { others } = await store.generations(space);
    for (const name of others) await store.discard(space, name);
  }

  private async progressOf(held: HeldRebuild): Promise<Map<string, IndexProgress>> {
    const progress = await this.parts.work.progress(held);
    return new Map(progress.map((index) => [index.indexId, index]));
  }

  private async *indexes({ space }: HeldRebuild): AsyncGenerator<IndexRef> {
    for (let after = ''; ; ) {
      const page = await this.parts.copy.truth.indexes({ space }, after, indexPage);
      yield* page;
      if (page.length < indexPage) return;
      after = page.at(-1)?.indexId ?? after;
    }
  }

  /** The world's trouble passes; a check that failed does not. Either way the old copy serves. */
  private async troubled(held: HeldRebuild, error: unknown, stop: AbortSignal): Promise<void> {
    const { work, log } = this.parts;
    if (stop.aborted) return work.handBack(held, 0, '');
    const { code, message } = toFailure(error);
    const facts = { rebuild: held.id, space: held.space, code };
    const isFinal = error instanceof CheckFailed;
    if (!isFinal && failureKind(code) === 'world' && held.attempts < mostAttempts) {
      log.warn({ ...facts, reason: message }, 'a rebuild of the vector store has to wait');
      return work.handBack(held, Math.min(longestDelayMs, 500 * held.attempts), `It waits: ${message}`);
    }
    if (failureKind(code) === 'bug') log.error({ ...facts, err: error }, 'a rebuild of the vector store met a bug');
    else log.warn({ ...facts, reason: message }, 'a rebuild of the vector store has failed');
    // While it is held still: the next one removes what is left if this cannot.
    await this.discardOthers(held).catch(() => undefined);
    await work.finish(held, 'failed', message);
  }
}
