export type { DocumentFile, DocumentFormat, DocumentText } from './document-call.js';
export { DocumentReader, type DocumentReaderOptions } from './document-reader.js';
