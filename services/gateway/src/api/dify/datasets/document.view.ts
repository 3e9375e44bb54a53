import type { Dataset, Document, ListDocumentsRequest } from '@treadle/contracts';
import type { DisplayState } from './document.schemas.js';
import { seconds } from './page.js';
import { docFormOf, processRuleView } from './process-rule.js';

/** How far a document is, as Dify calls it; all others are called alike. */
const statuses: Readonly<Record<string, string>> = { extracting: 'parsing' };
const indexingStatus = ({ status }: Document) => statuses[status] ?? status;

/** Which of our documents a state that Dify shows is made of. */
const selections: Readonly<Record<DisplayState, Partial<ListDocumentsRequest>>> = {
  queuing: { statuses: ['waiting'] },
  indexing: { statuses: ['extracting', 'splitting', 'indexing'] },
  paused: { statuses: ['paused'] },
  error: { statuses: ['error'] },
  available: { statuses: ['completed'], enabled: true, archived: false },
  disabled: { statuses: ['completed'], enabled: false, archived: false },
  archived: { statuses: ['completed'], archived: true },
};

export function selectionOf(state: DisplayState | null | undefined) {
  const everything = { statuses: [], enabled: undefined, archived: undefined };
  return { ...everything, ...(state ? selections[state] : {}) };
}

function displayStatus({ status, enabled, archived }: Document): DisplayState {
  const under = { waiting: 'queuing', paused: 'paused', error: 'error' } as const;
  if (status !== 'completed') return Object.hasOwn(under, status) ? under[status as keyof typeof under] : 'indexing';
  if (archived) return 'archived';
  return enabled ? 'available' : 'disabled';
}

/** A document as Dify's clients read it in lists and after a change. */
export function documentView(document: Document, dataset: Dataset) {
  const { id, name, enabled, archived } = document;
  return {
    ...{ id, name, enabled, archived },
    // Each is a batch of its own, in which it is the first.
    position: 1,
    ...sourceOf(document),
    dataset_process_rule_id: null,
    created_from: 'api',
    created_by: null,
    created_at: seconds(document.createdUnixMs),
    tokens: 0,
    indexing_status: indexingStatus(document),
    error: document.error || null,
    disabled_at: null,
    disabled_by: null,
    display_status: displayStatus(document),
    word_count: document.characters,
    hit_count: 0,
    doc_form: docFormOf(dataset.chunkingJson),
    summary_index_status: null,
    need_summary: false,
  };
}

/** A document alone tells more. */
export function documentDetail(document: Document, dataset: Dataset) {
  const { word_count: _, ...same } = documentView(document, dataset);
  const { chunks, characters, chunkingJson } = document;
  const done = document.status === 'completed';
  return {
    ...same,
    dataset_process_rule: processRuleView(dataset.chunkingJson),
    document_process_rule: processRuleView(chunkingJson || dataset.chunkingJson),
    updated_at: seconds(document.updatedUnixMs),
    completed_at: null,
    indexing_latency: null,
    segment_count: done ? chunks : 0,
    average_segment_length: done && chunks > 0 ? Math.round(characters / chunks) : 0,
    doc_type: null,
    doc_language: null,
  };
}

function sourceOf({ source, sourceName, fileId, name }: Document) {
  const info = fileId
    ? { upload_file_id: fileId, upload_file: { id: fileId, name: sourceName } }
    : { [source === 'url' ? 'url' : 'name']: sourceName || name };
  const type = source === 'url' ? 'website_crawl' : 'upload_file';
  return { data_source_type: type, data_source_info: info, data_source_detail_dict: { [type]: info } };
}

/** How far the indexing of a document is. Moments that nobody wrote down are null. */
export function indexingView(document: Document) {
  const { id, status, chunks, chunksCut, chunksIndexed } = document;
  const done = status === 'completed';
  return {
    id,
    indexing_status: indexingStatus(document),
    processing_started_at: seconds(document.createdUnixMs),
    parsing_completed_at: null,
    cleaning_completed_at: null,
    splitting_completed_at: null,
    completed_at: done ? seconds(document.updatedUnixMs) : null,
    paused_at: null,
    stopped_at: null,
    error: document.error || null,
    completed_segments: done ? chunks : chunksIndexed,
    total_segments: done ? chunks : chunksCut,
  };
}
