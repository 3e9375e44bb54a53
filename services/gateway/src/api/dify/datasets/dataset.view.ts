import type { Dataset } from '@treadle/contracts';
import { seconds } from './page.js';
import { docFormOf } from './process-rule.js';
import { retrievalModelView } from './retrieval-model.js';

/** A dataset as Dify's clients read it; what has no like here is as it is in a dataset of Dify that does not use it. */
export function datasetView(dataset: Dataset) {
  const { id, name, description, documents } = dataset;
  const form = docFormOf(dataset.chunkingJson);
  return {
    ...{ id, name, description },
    provider: 'vendor',
    // Permissions of callers decide who sees it.
    permission: 'all_team_members',
    data_source_type: documents > 0 ? 'upload_file' : null,
    indexing_technique: dataset.embeddingModel === '' ? 'economy' : 'high_quality',
    app_count: 0,
    document_count: documents,
    total_documents: documents,
    total_available_documents: dataset.availableDocuments,
    word_count: dataset.characters,
    author_name: null,
    created_by: null,
    created_at: seconds(dataset.createdUnixMs),
    updated_by: null,
    updated_at: seconds(dataset.updatedUnixMs),
    embedding_model: dataset.embeddingModel || null,
    embedding_model_provider: dataset.embeddingProvider || null,
    embedding_available: true,
    retrieval_model_dict: retrievalModelView(dataset),
    doc_form: form,
    chunk_structure: form,
    external_knowledge_info: null,
    external_retrieval_model: null,
    summary_index_setting: null,
    icon_info: null,
    pipeline_id: null,
    runtime_mode: 'general',
    is_published: false,
    is_multimodal: false,
    enable_api: true,
  };
}
