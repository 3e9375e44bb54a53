import type { WorkflowSource } from '@treadle/contracts';
import { importDify, isDifyFile, isFromDify } from '@treadle/dify';
import { FailureError } from '@treadle/failure';
import { type Diagnostic, type Json, parseDocument, readDocument, type WorkflowDocument } from '@treadle/workflow';

/** Largest document, in bytes. */
export const maxDocumentBytes = 10 * 1024 * 1024;

/** A document on its way to the orchestrator. */
export interface ReadSource {
  readonly source: WorkflowSource;
  readonly document: WorkflowDocument;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Reads a file as a Treadle document or a Dify app, in JSON or YAML.
 * @throws FailureError `invalid_document` (marked `unreadable` when it is neither JSON nor YAML), `payload_too_large`.
 */
export function readSource(text: string): ReadSource {
  const value = parse(text);
  const { document, warnings, format } = isDifyFile(value) ? { ...importDify(value), format: 'dify' } : readOwn(value);
  const source = {
    documentJson: JSON.stringify(document),
    format,
    original: text,
    warningsJson: JSON.stringify(warnings),
  };
  return { source, document, warnings };
}

/** A document that once came from Dify keeps the tolerance of an import, or an edited one could not be stored again. */
function readOwn(value: Json): { document: WorkflowDocument; warnings: Diagnostic[]; format: string } {
  const { document, diagnostics } = readDocument(value);
  if (document) return { document, warnings: [], format: isFromDify(document) ? 'dify' : 'treadle' };
  const [first] = diagnostics;
  throw FailureError.of('invalid_document', first?.message ?? 'The document does not follow its schema.', {
    field: first?.field,
    details: { diagnostics },
  });
}

function parse(text: string): Json {
  if (text.trim() === '') throw unreadable('The document is empty. Send a workflow as JSON or YAML.');
  try {
    const value = parseDocument(text, { maxBytes: maxDocumentBytes });
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.code !== 'invalid_document') throw error;
    const { message, details, field } = error.failure;
    throw unreadable(message, { ...details }, field);
  }
  throw unreadable('The document is a single word or number, not a workflow in JSON or YAML.', { line: 1 });
}

function unreadable(message: string, details: Readonly<Record<string, unknown>> = {}, field?: string): FailureError {
  return FailureError.of('invalid_document', message, {
    field: field ?? (typeof details['line'] === 'number' ? `line ${details['line']}` : undefined),
    details: { ...details, unreadable: true },
  });
}
