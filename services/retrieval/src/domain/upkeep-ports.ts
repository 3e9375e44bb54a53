import type { DocumentPayload, IndexRef, Point, StoredPoint, VectorSpace } from './vector-store.js';

/** A point as PostgreSQL has it. One that is not live is on its way, or was given up: a store may hold it and need not. */
export interface TruePoint extends StoredPoint {
  readonly live: boolean;
}

/** Which indexes: all, those of a space, of a tenant or of some datasets. */
export interface IndexScope {
  readonly space?: VectorSpace;
  readonly tenantId?: string;
  readonly datasetIds?: readonly string[];
}

/** What changed in an index after a revision. */
export interface IndexChanges {
  /** Points that are new, different or gone. */
  readonly ids: readonly string[];
  readonly documentIds: readonly string[];
}

/** What the copies in a store are held against. */
export interface PointTruth {
  /** Of the indexes that hold points, of a tenant if one is named. */
  spaces(tenantId?: string): Promise<VectorSpace[]>;
  index(indexId: string): Promise<IndexRef | undefined>;
  /** In the order of their ids, those after `after`. */
  indexes(scope: IndexScope, after: string, limit: number): Promise<IndexRef[]>;
  /** Which of these indexes exist. */
  known(indexIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** In the order of their ids, those after `after`. */
  list(index: IndexRef, after: string, limit: number, documentId?: string): Promise<TruePoint[]>;
  /** The points that there are of these, in the order of their ids. */
  some(index: IndexRef, ids: readonly string[]): Promise<TruePoint[]>;
  /** The live points of these, with what describes their documents. */
  read(index: IndexRef, ids: readonly string[]): Promise<{ points: Point[]; documents: DocumentPayload[] }>;
  payload(indexId: string, documentId: string): Promise<DocumentPayload | undefined>;
  /** Live points. */
  count(index: IndexRef): Promise<number>;
  /** In pages of bounded size; undefined where what is gone since then is forgotten already. */
  changes(index: IndexRef, since: number): Promise<AsyncIterable<IndexChanges> | undefined>;
  /** Whether anything of the space was ever served, so that a store without a copy of it has lost one. */
  isServed(space: VectorSpace): Promise<boolean>;
}

/** That a store may not know a change yet: of a document, or of a whole index. */
export interface Debt {
  readonly ids: readonly string[];
  readonly index: IndexRef;
  readonly documentId: string | undefined;
  readonly attempts: number;
}

/** Debts in PostgreSQL. One is written before a change is, and removed when the store has confirmed it; what is left over is mended. */
export interface StoreDebts {
  /** Gives the debt's id. It is mended by others when it is neither renewed nor settled for so long. */
  owe(index: IndexRef, documentId: string, leaseMs: number): Promise<string>;
  renew(id: string, leaseMs: number): Promise<void>;
  /** False when somebody else has mended it meanwhile, before the change perhaps. */
  settle(ids: readonly string[]): Promise<boolean>;
  /** Due ones, oldest first; those of the same document as one. */
  take(limit: number, leaseMs: number): Promise<Debt[]>;
  postpone(ids: readonly string[], delayMs: number): Promise<void>;
  /** Makes every debt of a space a new one that is due: whoever still holds one finds it gone. */
  reissue(space: VectorSpace): Promise<void>;
  count(tenantId?: string): Promise<number>;
}

export type RebuildPhase = 'filling' | 'catching up' | 'checking' | 'switching' | 'removing the old copy';

export interface Rebuild {
  readonly id: string;
  readonly space: VectorSpace;
  readonly status: 'running' | 'done' | 'failed';
  readonly phase: RebuildPhase;
  readonly points: number;
  readonly pointsTotal: number;
  /** What its checks found, why it failed, or what it waits for. */
  readonly report: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | undefined;
}

export interface HeldRebuild {
  readonly id: string;
  readonly space: VectorSpace;
  /** Empty before it is begun. */
  readonly generation: string;
  readonly fence: number;
  readonly attempts: number;
}

/** How far one index is copied. */
export interface IndexProgress {
  readonly indexId: string;
  /** The revision up to which the copy is known to be right, once it is filled. */
  readonly since: number;
  /** The last point that is copied. */
  readonly after: string;
  readonly filled: boolean;
}

/** Rebuilds in PostgreSQL. Every method that takes a held one throws Taken when somebody else holds it now. */
export interface RebuildWork {
  /** Throws FailureError `already_exists` that says what is under way for one of these spaces; then none is started. */
  start(spaces: readonly VectorSpace[]): Promise<Rebuild[]>;
  /** Newest first. */
  list(limit: number): Promise<Rebuild[]>;
  take(leaseMs: number): Promise<HeldRebuild | undefined>;
  /** Forgets what was copied into another generation. */
  begin(held: HeldRebuild, generation: string): Promise<void>;
  enter(held: HeldRebuild, phase: RebuildPhase): Promise<void>;
  progress(held: HeldRebuild): Promise<IndexProgress[]>;
  /** Also says that its holder is alive. */
  save(held: HeldRebuild, progress: IndexProgress, copied: number, leaseMs: number): Promise<void>;
  drop(held: HeldRebuild, indexId: string): Promise<void>;
  finish(held: HeldRebuild, status: 'done' | 'failed', report: string): Promise<void>;
  handBack(held: HeldRebuild, delayMs: number, report: string): Promise<void>;
}

/** The work was taken by somebody else: whoever notices stops without a trace. */
export class Taken extends Error {}
