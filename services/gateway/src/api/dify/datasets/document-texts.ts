import type { File } from '@treadle/contracts';
import type { Datasets } from '../../../domain/ports.js';
import { difyFailure } from '../dify-error.js';
import { ownCut, settingsChange, settle } from './dataset-settings.js';
import type { CreateByTextBody, UpdateByTextBody } from './document.schemas.js';
import { documentView } from './document.view.js';
import type { DocumentForm } from './document-form.js';
import { told } from './found.js';

/** Where a text is that becomes a document. */
interface Origin {
  readonly source: 'text' | 'file';
  readonly text: string;
  readonly sourceName: string;
  readonly fileId: string;
  readonly mediaType: string;
}

const ofText = (text: string): Origin => ({ source: 'text', text, sourceName: '', fileId: '', mediaType: '' });
const ofFile = ({ id, name, mediaType }: File): Origin => ({
  ...{ source: 'file', text: '', sourceName: name, fileId: id, mediaType },
});

/** What Dify's clients do with the texts of documents, whichever way these come. */
export class DifyDocumentTexts {
  constructor(private readonly datasets: Datasets) {}

  /** Adds a document, or gives one that it names a new text. */
  createByText(tenantId: string, datasetId: string, { name, text, ...given }: CreateByTextBody) {
    return this.create(tenantId, datasetId, name, ofText(text), given);
  }

  createByFile(tenantId: string, datasetId: string, { file, data }: DocumentForm) {
    if (!file) throw difyFailure('no_file_uploaded', 'There is no file in the form. Add one as "file".', 'file');
    return this.create(tenantId, datasetId, data.name ?? file.name, ofFile(file), data);
  }

  updateByText(tenantId: string, datasetId: string, documentId: string, { text, ...given }: UpdateByTextBody) {
    return this.update(tenantId, datasetId, documentId, text ? ofText(text) : undefined, given);
  }

  updateByFile(tenantId: string, datasetId: string, documentId: string, { file, data }: DocumentForm) {
    const name = data.name ?? file?.name;
    return this.update(tenantId, datasetId, documentId, file && ofFile(file), { ...data, name });
  }

  private async create(
    tenantId: string,
    datasetId: string,
    name: string,
    origin: Origin,
    given: Omit<CreateByTextBody, 'name' | 'text'>,
  ) {
    const original = given.original_document_id;
    if (original) return this.update(tenantId, datasetId, original, origin, { ...given, name });
    const dataset = await this.dataset(tenantId, datasetId);
    const chunkingJson = await settle(this.datasets, tenantId, dataset, given);
    const place = { tenantId, datasetId, name, metadataJson: '{}', chunkingJson };
    const { document } = await this.datasets.createDocument({ ...place, ...origin });
    return this.shown(tenantId, datasetId, told(document).id);
  }

  private async update(
    tenantId: string,
    datasetId: string,
    documentId: string,
    origin: Origin | undefined,
    given: Omit<UpdateByTextBody, 'text'>,
  ) {
    await this.datasets.getDocument({ tenantId, datasetId, documentId });
    const dataset = await this.dataset(tenantId, datasetId);
    const chunkingJson = ownCut(given, dataset);
    const { searchJson } = settingsChange({ ...given, indexing_technique: null, embedding_model: '' }, dataset);
    if (searchJson !== undefined) await this.datasets.updateDataset({ tenantId, datasetId, searchJson });
    const { text, ...read } = origin ?? ofText('');
    await this.datasets.updateDocument({
      ...{ tenantId, datasetId, documentId, chunkingJson, name: given.name ?? undefined },
      ...(origin?.source === 'text' && { text }),
      ...(origin?.source === 'file' && read),
    });
    return this.shown(tenantId, datasetId, documentId);
  }

  /** The batch is the document itself. */
  private async shown(tenantId: string, datasetId: string, documentId: string) {
    const dataset = await this.dataset(tenantId, datasetId);
    const { document } = await this.datasets.getDocument({ tenantId, datasetId, documentId });
    return { document: documentView(told(document), dataset), batch: documentId };
  }

  private async dataset(tenantId: string, datasetId: string) {
    return told((await this.datasets.getDataset({ tenantId, datasetId })).dataset);
  }
}
