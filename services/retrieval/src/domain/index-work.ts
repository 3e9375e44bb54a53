import type { Failure } from '@treadle/failure';
import type { Chunking } from './chunking.js';
import type { LimitCheck } from './tenant-limits.js';
import type { ReadOrigin } from './text-source.js';
import type { IndexRef } from './vector-store.js';

/** The work on one document for one index, held under a fence. */
export interface HeldWork {
  readonly tenantId: string;
  readonly datasetId: string;
  readonly indexId: string;
  readonly documentId: string;
  readonly documentVersion: number;
  /** The text that is found until this one is ready; 0 for none. */
  readonly servedVersion: number;
  /** Where the text is that is to be read; undefined where it has been. */
  readonly origin: ReadOrigin | undefined;
  readonly fence: number;
  readonly attempts: number;
  readonly nextPart: number;
  readonly status: 'extracting' | 'splitting' | 'indexing';
  readonly chunking: Chunking;
  readonly embeddingProvider: string;
  readonly embeddingModel: string;
}

export interface WorkName {
  readonly indexId: string;
  readonly documentId: string;
}

export interface RowToCut {
  readonly content: string;
  readonly answer: string;
  readonly isParent: boolean;
  /** Place of the parent in the same list; absent where it has none. */
  readonly parent?: number;
}

/**
 * What is still to be indexed. Every method that takes held work returns false, or nothing, when somebody else holds it now: then the
 * caller stops, and nothing was written.
 */
export interface IndexWork {
  /** Work that nobody holds, longest waiting first. */
  due(limit: number): Promise<WorkName[]>;
  /** The next work that nobody holds, of the tenant for whom least is being done; undefined when there is none. */
  take(leaseMs: number): Promise<HeldWork | undefined>;
  /** Whether work of other tenants waits. */
  othersWait(tenantId: string): Promise<boolean>;
  /** Keeps it for longer; false when somebody else has it. */
  extend(work: HeldWork, leaseMs: number): Promise<boolean>;
  /** Keeps the text that was read, once for all indexes of the dataset. */
  saveText(work: HeldWork, text: string, room: LimitCheck, leaseMs: number): Promise<boolean>;
  /** The next part of the document's text; undefined after the last. */
  part(work: HeldWork, part: number): Promise<string | undefined>;
  /** Copies the chunks of the index that serves, where they can be kept; whether it did. */
  copyChunks(work: HeldWork): Promise<boolean>;
  saveCut(
    work: HeldWork,
    part: number,
    rows: readonly RowToCut[],
    room: (chunks: number) => LimitCheck,
    leaseMs: number,
  ): Promise<boolean>;
  /** All parts are cut; gives how many chunks they made. */
  finishCutting(work: HeldWork): Promise<number | undefined>;
  /** Chunks without a point. */
  unindexed(
    work: HeldWork,
    limit: number,
  ): Promise<{ readonly id: string; readonly content: string; readonly words: string }[]>;
  savePoints(
    work: HeldWork,
    points: readonly { readonly id: string; readonly dense: Float32Array; readonly words: string }[],
    leaseMs: number,
  ): Promise<boolean>;
  /** Makes the new chunks live and the old ones go, in one transaction; gives the ids of the old points. */
  finish(work: HeldWork): Promise<{ readonly index: IndexRef; readonly gone: readonly string[] } | undefined>;
  /** Ends it with an error. What was cut is given up unless it may serve another attempt. */
  fail(work: HeldWork, failure: Failure, keepsCut: boolean): Promise<void>;
  /** Lets somebody else take it, after a while. */
  handBack(work: HeldWork, delayMs: number): Promise<void>;
  /** Datasets with a new index that has all their documents, or as many as the one that serves. */
  readyDatasets(): Promise<string[]>;
  /** Lets a new index take over once it has all its documents; whether one did. That the store holds the old one still is written down. */
  switchOver(datasetId: string): Promise<boolean>;
  index(work: HeldWork): Promise<IndexRef | undefined>;
}
