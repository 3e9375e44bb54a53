import { FailureError } from '@treadle/failure';
import type { FileStore } from '@treadle/files';
import type { Datasets } from '../../../domain/ports.js';
import { told } from './found.js';

export interface DocumentPlace {
  readonly tenantId: string;
  readonly datasetId: string;
  readonly documentId: string;
}

/** What a document was made of. */
export interface DocumentFile {
  readonly name: string;
  readonly mediaType: string;
  /** The content from its beginning; every call reads it anew. */
  readonly open: () => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * The file of a document as it was sent, or its text.
 * @throws FailureError `document_not_found`; `file_not_found` when the file was deleted.
 */
export async function documentFile(datasets: Datasets, files: FileStore, place: DocumentPlace): Promise<DocumentFile> {
  const { fileId, mediaType, sourceName, name } = told((await datasets.getDocument(place)).document);
  if (!fileId)
    return { name: `${name}.txt`, mediaType: 'text/plain; charset=utf-8', open: () => textOf(datasets, place) };
  const key = `${place.tenantId}/files/${fileId}`;
  if (!(await files.head(key))) throw deleted(sourceName);
  const open = async () => {
    const content = await files.get(key);
    if (!content) throw deleted(sourceName);
    return content;
  };
  return { name: sourceName, mediaType: mediaType || 'application/octet-stream', open };
}

function deleted(name: string): FailureError {
  return FailureError.of('file_not_found', `The file "${name.slice(0, 200)}" of this document was deleted.`, {
    field: 'id',
  });
}

/** The first part is read before this resolves, so that what is missing can still be told. */
async function textOf(datasets: Datasets, place: DocumentPlace): Promise<AsyncIterable<Uint8Array>> {
  const first = await datasets.readDocumentText({ ...place, part: 0 });
  return (async function* () {
    for (let read = first; ; read = await datasets.readDocumentText({ ...place, part: read.nextPart })) {
      yield Buffer.from(read.content);
      if (read.nextPart === 0) return;
    }
  })();
}
