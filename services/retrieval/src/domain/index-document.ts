import { FailureError, failureKind, toFailure } from '@treadle/failure';
import { embedChunks, type RetrievalModels } from './embeddings.js';
import type { HeldWork, IndexWork } from './index-work.js';
import { rowsOf } from './rows-to-cut.js';
import type { StoreCopy } from './store-copy.js';
import type { TellStore } from './tell-store.js';
import { roomFor, type TenantLimits } from './tenant-limits.js';
import { checkedText, type TextSource } from './text-source.js';
import type { DocumentPayload, IndexRef, Point } from './vector-store.js';

/** What a document's points are in the truth. */
export interface DocumentPoints {
  ofDocument(indexId: string, documentId: string, version: number): AsyncIterable<Point[]>;
  payload(indexId: string, documentId: string): Promise<DocumentPayload | undefined>;
}

export interface IndexDocumentParts {
  readonly work: IndexWork;
  readonly models: RetrievalModels;
  readonly copy: StoreCopy;
  readonly telling: TellStore;
  readonly points: DocumentPoints;
  readonly texts: TextSource;
  readonly limits: TenantLimits & { readonly documentCharacters: number };
  /** How long a worker may be silent before its document goes to another. */
  readonly leaseMs: number;
  /** Chunks whose vectors are made and committed at a time. */
  readonly batch: number;
  /** Tells those who mend the store that something is owed. */
  readonly nudgeUpkeep: () => void;
  readonly log: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
}

/** Attempts in a row without progress after which even the world's trouble counts as final; fewer while a text is being read. */
const mostAttempts = 20;
const mostReadings = 5;
const firstDelayMs = 1000;
const longestDelayMs = 60_000;
/** Batches after which a document waits for its next turn, if other tenants wait. */
const batchesOfTurn = 16;

/** The vector store does not take the points now. Everything before is done and kept, so the document waits for it however long that is. */
class StoreAway extends FailureError {}

async function orAway(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const trouble = toFailure(error);
    throw failureKind(trouble.code) === 'world' ? new StoreAway(trouble, { cause: error }) : error;
  }
}

/** The work was taken by somebody else: whoever notices stops without a trace. */
class Taken extends Error {}

/** Reads, cuts and indexes documents, each from where it stands. Killed at any moment, it goes on elsewhere from the last batch. */
export class IndexDocument {
  constructor(private readonly parts: IndexDocumentParts) {}

  /** Works on the document whose turn it is; does nothing when none is due. @param stop ends it after the batch under way. */
  async next(stop: AbortSignal): Promise<void> {
    const { work: outstanding, leaseMs } = this.parts;
    const work = await outstanding.take(leaseMs);
    if (!work) return;
    const lease = this.keep(work);
    try {
      if (!(await this.work(work, AbortSignal.any([stop, lease.lost])))) return await outstanding.handBack(work, 0);
    } catch (error) {
      if (error instanceof Taken || lease.lost.aborted) return;
      if (stop.aborted) return await outstanding.handBack(work, 0);
      await this.troubled(work, error);
    } finally {
      lease.end();
    }
    await this.switchOver(work.datasetId);
  }

  /** Lets new indexes take over that are ready, also where whoever finished the last document died before it could. */
  async switchOverReady(): Promise<void> {
    for (const datasetId of await this.parts.work.readyDatasets()) await this.switchOver(datasetId);
  }

  private async switchOver(datasetId: string): Promise<void> {
    if (await this.parts.work.switchOver(datasetId)) this.parts.nudgeUpkeep();
  }

  /** Keeps the lease while its holder lives, however long a reading or a batch takes. */
  private keep(work: HeldWork): { readonly lost: AbortSignal; end(): void } {
    const { work: outstanding, leaseMs } = this.parts;
    const lost = new AbortController();
    const look = (isHeld: boolean) => {
      if (!isHeld) lost.abort(new Taken());
    };
    // Where the database is away, the lease runs out unless it is back in time.
    const extend = () => void outstanding.extend(work, leaseMs).then(look, () => undefined);
    const timer = setInterval(extend, leaseMs / 3).unref();
    return { lost: lost.signal, end: () => clearInterval(timer) };
  }

  /** Whether it is done; otherwise it is another tenant's turn. */
  private async work(work: HeldWork, stop: AbortSignal): Promise<boolean> {
    if (work.status === 'extracting') await this.extract(work, stop);
    if (work.status !== 'indexing') await this.cut(work, stop);
    if (!(await this.embed(work, stop))) return false;
    await this.publish(work, stop);
    return true;
  }

  private async extract(work: HeldWork, stop: AbortSignal): Promise<void> {
    const { work: outstanding, texts, limits, leaseMs } = this.parts;
    if (!work.origin) return;
    const text = checkedText(await texts.textOf(work.tenantId, work.origin, stop), limits.documentCharacters);
    held(await outstanding.saveText(work, text, roomFor(limits, { characters: text.length }), leaseMs));
  }

  private async cut(work: HeldWork, stop: AbortSignal): Promise<void> {
    const { work: outstanding, limits, leaseMs } = this.parts;
    const room = (chunks: number) => roomFor(limits, { chunks });
    const copied = work.nextPart === 0 && (await outstanding.copyChunks(work));
    for (let part = work.nextPart; !copied; part += 1) {
      stop.throwIfAborted();
      const text = await outstanding.part(work, part);
      if (text === undefined) break;
      held(await outstanding.saveCut(work, part, rowsOf(text, work.chunking), room, leaseMs));
    }
    const chunks = await outstanding.finishCutting(work);
    held(chunks !== undefined);
    if (chunks === 0 && !copied) throw FailureError.of('invalid_argument', noChunks[work.chunking.mode]);
  }

  private async embed(work: HeldWork, stop: AbortSignal): Promise<boolean> {
    const { work: outstanding, models, batch, leaseMs } = this.parts;
    for (let batches = 1; ; batches += 1) {
      stop.throwIfAborted();
      const chunks = await outstanding.unindexed(work, batch);
      if (chunks.length === 0) return true;
      if (batches > batchesOfTurn && (await outstanding.othersWait(work.tenantId))) return false;
      const { space } = await this.indexOf(work);
      const vectors = await embedChunks(
        models,
        work.tenantId,
        space,
        chunks.map(({ content }) => content),
      );
      const points = chunks.map(({ id, words }, place) => ({
        id,
        words,
        dense: vectors[place] ?? new Float32Array(0),
      }));
      held(await outstanding.savePoints(work, points, leaseMs));
    }
  }

  /** The store is told first, and PostgreSQL makes the chunks live afterwards: what is found is always whole. */
  private async publish(work: HeldWork, stop: AbortSignal): Promise<void> {
    const { work: outstanding, copy, points, telling } = this.parts;
    const index = await this.indexOf(work);
    const payload = await points.payload(work.indexId, work.documentId);
    if (!payload) throw new Taken();
    const debts = await telling.hold([index], work.documentId);
    try {
      await this.tell(work, index, payload, debts.renew, stop);
      const done = await outstanding.finish(work);
      if (!done) throw new Taken();
      if (done.gone.length > 0) await copy.store.remove(done.index, { ids: done.gone });
      const now = await points.payload(work.indexId, work.documentId);
      if (now && now.changedAt !== payload.changedAt) await copy.store.describe(index, now);
    } catch (error) {
      await debts.release();
      throw error;
    }
    await debts.settle();
  }

  private async tell(
    work: HeldWork,
    index: IndexRef,
    payload: DocumentPayload,
    renew: () => Promise<void>,
    stop: AbortSignal,
  ): Promise<void> {
    const { copy, points } = this.parts;
    await orAway(() => copy.prepare(index));
    for await (const page of points.ofDocument(work.indexId, work.documentId, work.documentVersion)) {
      stop.throwIfAborted();
      await orAway(() => copy.store.upsert(index, page, [payload]));
      await renew();
    }
  }

  private async indexOf(work: HeldWork): Promise<IndexRef> {
    const index = await this.parts.work.index(work);
    if (!index) throw new Taken();
    return index;
  }

  private async troubled(work: HeldWork, error: unknown): Promise<void> {
    const { log, work: outstanding } = this.parts;
    const trouble = toFailure(error);
    const { code, message, retryable } = trouble;
    const facts = { datasetId: work.datasetId, documentId: work.documentId, code };
    if (failureKind(code) === 'bug') log.error({ ...facts, err: error }, 'indexing met a bug');
    const most = work.status === 'extracting' ? mostReadings : mostAttempts;
    if (retryable && (work.attempts < most || error instanceof StoreAway)) {
      log.warn({ ...facts, reason: message }, 'a document cannot be indexed now; trying again');
      return outstanding.handBack(work, Math.min(longestDelayMs, firstDelayMs * 2 ** (work.attempts - 1)));
    }
    const ending = work.servedVersion > 0 ? ` ${stillServed}` : '';
    const isCallers = failureKind(code) === 'caller';
    await outstanding.fail(work, { ...trouble, message: `${message}${ending}` }, !isCallers);
  }
}

const stillServed = 'What the document held before is still found.';

function held(isHeld: boolean): void {
  if (!isHeld) throw new Taken();
}

const nothing = 'The document has no text to find, once blanks and what the cleaning rules remove are gone.';
const noChunks = {
  text: nothing,
  parent_child: nothing,
  question_answer:
    'The document has no questions with answers. Begin their lines with "Q:" and "A:", or part them by a tab.',
};
