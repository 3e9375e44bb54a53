import type { Dataset, UpdateDatasetRequest } from '@treadle/contracts';
import type { Datasets } from '../../../domain/ports.js';
import { difyFailure } from '../dify-error.js';
import { chunkingOf, type DocForm, docFormOf, isWithin, type ProcessRule } from './process-rule.js';
import { plainProvider, type RetrievalModel, searchOf } from './retrieval-model.js';

/** What Dify's clients say of a dataset, also when they add a document to it. */
export interface GivenSettings {
  readonly indexing_technique?: 'high_quality' | 'economy' | null | undefined;
  readonly embedding_model: string;
  readonly embedding_model_provider: string;
  readonly retrieval_model?: RetrievalModel | null | undefined;
}

export interface GivenCut {
  readonly doc_form?: DocForm | null | undefined;
  readonly process_rule?: ProcessRule | null | undefined;
}

type Change = Omit<UpdateDatasetRequest, 'tenantId' | 'datasetId'>;

/** What changes in a dataset; absent is what stays. Its model stays where `high_quality` is asked for and it has one. */
export function settingsChange(given: GivenSettings, dataset: Dataset): Change {
  return {
    ...modelChange(given, dataset),
    ...(given.retrieval_model && { searchJson: searchOf(given.retrieval_model, dataset) }),
  };
}

function modelChange(given: GivenSettings, { embeddingModel }: Dataset): Change {
  if (given.indexing_technique === 'economy')
    return embeddingModel === '' ? {} : { embeddingModel: '', embeddingProvider: '' };
  if (given.embedding_model !== '')
    return { embeddingModel: given.embedding_model, embeddingProvider: plainProvider(given.embedding_model_provider) };
  if (given.indexing_technique !== 'high_quality' || embeddingModel !== '') return {};
  throw difyFailure('invalid_param', 'Name the embedding_model that is to make the vectors.', 'embedding_model');
}

/**
 * How a new document is cut: what is wished for the first of a dataset is the way of the dataset from then on. Gives the document's own way, or
 * an empty text for that of its dataset.
 * @throws FailureError `invalid_argument` for another form than the dataset has
 */
export async function settle(
  datasets: Datasets,
  tenantId: string,
  dataset: Dataset,
  given: GivenSettings & GivenCut,
): Promise<string> {
  const { id: datasetId, documents, chunkingJson } = dataset;
  if (documents > 0) return ownCut(given, dataset) ?? '';
  const chunking = chunkingOf(formWished(given) ?? docFormOf(chunkingJson), given.process_rule ?? undefined);
  const change = {
    ...settingsChange(given, dataset),
    ...(!isWithin(chunking, chunkingJson) && { chunkingJson: JSON.stringify(chunking) }),
  };
  if (Object.keys(change).length > 0) await datasets.updateDataset({ tenantId, datasetId, ...change });
  return '';
}

/** The way of its own that is wished for a document; undefined where nothing is, empty for the way of the dataset. */
export function ownCut(given: GivenCut, { chunkingJson }: Dataset): string | undefined {
  const form = docFormOf(chunkingJson);
  const wished = formWished(given);
  if (wished !== undefined && wished !== form) {
    const message = `The documents of this dataset are of the form ${form}. Leave doc_form out, or make another dataset.`;
    throw difyFailure('invalid_param', message, 'doc_form');
  }
  const { process_rule: rule } = given;
  if (!rule || rule.mode === 'automatic') return undefined;
  const chunking = chunkingOf(form, rule);
  return isWithin(chunking, chunkingJson) ? '' : JSON.stringify(chunking);
}

/** Rules of parents and their parts make sense for no other form. */
function formWished({ doc_form: form, process_rule: rule }: GivenCut): DocForm | undefined {
  return form ?? (rule?.mode === 'hierarchical' ? 'hierarchical_model' : undefined);
}
