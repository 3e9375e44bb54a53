import type { WorkflowDocument } from '@treadle/workflow';
import type { NewEntries } from '../entries/new-entries.js';
import type { WebhookRow } from '../entries/webhook.repository.js';

export interface WorkflowRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly latestVersion: number;
  readonly publishedVersion?: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface VersionRow {
  readonly version: number;
  readonly document: WorkflowDocument;
  /** `treadle` or `dify`. */
  readonly format: string;
  /** The file as it was sent. */
  readonly original: string;
  readonly warningsJson: string;
  readonly publishedAt?: number;
  readonly createdAt: number;
}

/** A workflow whose version was just published, with the webhooks of that version. */
export interface PublishedRow {
  readonly workflow: WorkflowRow;
  readonly webhooks: readonly WebhookRow[];
}

export type NewVersion = Pick<VersionRow, 'document' | 'format' | 'original' | 'warningsJson'>;

/** Workflows and their versions. Every question is bound to a tenant; a version that was stored never changes. */
export interface WorkflowRepository {
  create(tenantId: string, id: string, name: string, version: NewVersion): Promise<WorkflowRow>;
  /** Adds the next version; `undefined` when there is no such workflow. */
  addVersion(tenantId: string, id: string, version: NewVersion): Promise<WorkflowRow | undefined>;
  /** Makes a version the one that runs by default, and its triggers the active ones, all of it or nothing. */
  publish(tenantId: string, id: string, version: number, entries: NewEntries): Promise<PublishedRow | undefined>;
  find(tenantId: string, id: string): Promise<WorkflowRow | undefined>;
  findVersion(tenantId: string, id: string, version: number): Promise<VersionRow | undefined>;
  /** Newest first, without documents. */
  versions(tenantId: string, id: string): Promise<Omit<VersionRow, 'document' | 'original'>[]>;
  /** Newest first; only those older than the id `before`. */
  list(tenantId: string, before: string | undefined, limit: number): Promise<WorkflowRow[]>;
}
