import { FailureError, failureKind, toFailure } from '@treadle/failure';
import { cut } from './chunking.js';
import { embedChunks, type RetrievalModels } from './embeddings.js';
import type { HeldWork, IndexWork, RowToCut, WorkName } from './ports.js';
import type { DocumentPayload, IndexRef, Point, VectorStore } from './vector-store.js';

/** What a document's points are in the truth. */
export interface DocumentPoints {
  ofDocument(indexId: string, documentId: string, version: number): AsyncIterable<Point[]>;
  payload(indexId: string, documentId: string): Promise<DocumentPayload | undefined>;
}

export interface IndexDocumentParts {
  readonly work: IndexWork;
  readonly models: RetrievalModels;
  readonly store: VectorStore;
  readonly points: DocumentPoints;
  /** How long a worker may be silent before its document goes to another. */
  readonly leaseMs: number;
  /** Chunks whose vectors are made and committed at a time. */
  readonly batch: number;
  readonly log: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
}

/** Attempts in a row without progress after which even the world's trouble counts as final. */
const mostAttempts = 20;
const firstDelayMs = 1000;
const longestDelayMs = 60_000;

/** The work was taken by somebody else: whoever notices stops without a trace. */
class Taken extends Error {}

/** Cuts and indexes one document, from where it stands. Killed at any moment, it goes on elsewhere from the last batch. */
export class IndexDocument {
  constructor(private readonly parts: IndexDocumentParts) {}

  /** Does nothing when somebody else has it, or it is done. @param stop ends it after the batch under way. */
  async index(name: WorkName, stop: AbortSignal): Promise<void> {
    const { work: outstanding, leaseMs } = this.parts;
    const work = await outstanding.take(name, leaseMs);
    if (!work) return;
    try {
      await this.work(work, stop);
    } catch (error) {
      if (error instanceof Taken) return;
      if (stop.aborted) return outstanding.handBack(work, 0);
      await this.troubled(work, error);
    }
    const replaced = await outstanding.switchOver(work.datasetId);
    if (replaced) await this.parts.store.remove(replaced, { all: true });
  }

  private async work(work: HeldWork, stop: AbortSignal): Promise<void> {
    if (work.status === 'splitting') await this.cut(work, stop);
    await this.embed(work, stop);
    await this.publish(work, stop);
  }

  private async cut(work: HeldWork, stop: AbortSignal): Promise<void> {
    const { work: outstanding, leaseMs } = this.parts;
    const copied = work.nextPart === 0 && (await outstanding.copyChunks(work));
    for (let part = work.nextPart; !copied; part += 1) {
      stop.throwIfAborted();
      const text = await outstanding.part(work, part);
      if (text === undefined) break;
      held(await outstanding.saveCut(work, part, rowsOf(text, work), leaseMs));
    }
    const chunks = await outstanding.finishCutting(work);
    held(chunks !== undefined);
    if (chunks === 0) throw FailureError.of('invalid_argument', noChunks[work.chunking.mode]);
  }

  private async embed(work: HeldWork, stop: AbortSignal): Promise<void> {
    const { work: outstanding, models, batch, leaseMs } = this.parts;
    for (;;) {
      stop.throwIfAborted();
      const chunks = await outstanding.unindexed(work, batch);
      if (chunks.length === 0) return;
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
    const { work: outstanding, store, points } = this.parts;
    const index = await this.indexOf(work);
    await store.prepare(index);
    const payload = await points.payload(work.indexId, work.documentId);
    if (!payload) throw new Taken();
    for await (const page of points.ofDocument(work.indexId, work.documentId, work.documentVersion)) {
      stop.throwIfAborted();
      await store.upsert(index, page, [payload]);
    }
    const done = await outstanding.finish(work);
    if (!done) throw new Taken();
    if (done.gone.length > 0) await store.remove(done.index, { ids: done.gone });
  }

  private async indexOf(work: HeldWork): Promise<IndexRef> {
    const index = await this.parts.work.index(work);
    if (!index) throw new Taken();
    return index;
  }

  private async troubled(work: HeldWork, error: unknown): Promise<void> {
    const { log, work: outstanding } = this.parts;
    const { code, message, retryable } = toFailure(error);
    const facts = { datasetId: work.datasetId, documentId: work.documentId, code };
    if (failureKind(code) === 'bug') log.error({ ...facts, err: error }, 'indexing met a bug');
    if (retryable && work.attempts < mostAttempts) {
      log.warn({ ...facts, reason: message }, 'a document cannot be indexed now; trying again');
      return outstanding.handBack(work, Math.min(longestDelayMs, firstDelayMs * 2 ** (work.attempts - 1)));
    }
    await outstanding.fail(work, message);
  }
}

function held(isHeld: boolean): void {
  if (!isHeld) throw new Taken();
}

/** Parents before their parts. */
function rowsOf(text: string, { chunking }: HeldWork): RowToCut[] {
  const rows: RowToCut[] = [];
  for (const { content, answer, children } of cut(text, chunking)) {
    const parent = rows.push({ content, answer, isParent: children.length > 0 }) - 1;
    for (const child of children) rows.push({ content: child, answer: '', isParent: false, parent });
  }
  if (rows.length <= mostChunksOfPart) return rows;
  throw FailureError.of(
    'limit_exceeded',
    `A part of the text makes ${rows.length} chunks, where ${mostChunksOfPart} are allowed. Choose longer chunks.`,
  );
}

const mostChunksOfPart = 50_000;

const nothing = 'The document has no text to find, once blanks and what the cleaning rules remove are gone.';
const noChunks = {
  text: nothing,
  parent_child: nothing,
  question_answer:
    'The document has no questions with answers. Begin their lines with "Q:" and "A:", or part them by a tab.',
};
