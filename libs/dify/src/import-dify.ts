import { FailureError } from '@treadle/failure';
import {
  type Diagnostic,
  fieldPath,
  isJsonObject,
  type Json,
  parseDocument,
  readDocument,
  schemaProblems,
  type WorkflowDocument,
  type WorkflowDocumentInput,
} from '@treadle/workflow';
import { type DifyFile, difyFileSchema } from './dify-file.js';
import { graphFromModelConfig } from './from-model-config.js';
import { graphFromWorkflow } from './from-workflow.js';
import { versionWarnings } from './version.js';
import { Warnings } from './warnings.js';

/** Dify's own limit for a file, in bytes. */
const maxBytes = 10 * 1024 * 1024;

export interface DifyImport {
  readonly document: WorkflowDocument;
  /** What came over differently or not at all. Fields are those of the document. */
  readonly warnings: readonly Diagnostic[];
}

/** Whether a parsed value is an app exported from Dify, and not a document of our own. */
export function isDifyFile(value: unknown): boolean {
  if (!isJsonObject(value as Json) || 'format' in (value as object)) return false;
  const { app, workflow, model_config, kind } = value as Record<string, Json | undefined>;
  const hasBody = (isJsonObject(workflow) && isJsonObject(workflow.graph)) || isJsonObject(model_config);
  return hasBody || kind === 'app' || kind === 'rag_pipeline' || (isJsonObject(app) && typeof app.mode === 'string');
}

/** Whether a document came from a Dify file, and so is to be compiled tolerantly. */
export function isFromDify(document: WorkflowDocument): boolean {
  return document.extensions.imported_from === 'dify';
}

/**
 * Translates a Dify app (its text, or the value parsed from it) into a document. Node types that do not exist here keep their
 * Dify type and configuration, with a warning each. Throws `invalid_document` when the file is not an app or cannot be read.
 */
export function importDify(file: unknown): DifyImport {
  const value = typeof file === 'string' ? parseDocument(file, { maxBytes }) : file;
  const parsed = readFile(value);
  const warnings = new Warnings();
  versionWarnings(parsed.version ?? undefined, warnings);
  const reading = readDocument(toDocument(parsed, warnings));
  if (reading.document === undefined) throw notImportable(reading.diagnostics);
  return { document: reading.document, warnings: warnings.list };
}

function readFile(value: unknown): DifyFile {
  const kind = isJsonObject(value as Json) ? (value as Record<string, Json | undefined>).kind : undefined;
  if (typeof kind === 'string' && kind !== 'app') {
    throw FailureError.of('invalid_document', `The file holds a "${kind}" of Dify. Only apps can be imported.`, {
      field: 'kind',
    });
  }
  const parsed = difyFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw notImportable(
    schemaProblems(parsed.error).map(({ path, message }) => ({ field: fieldPath(...path), message })),
  );
}

function notImportable(problems: readonly { readonly field: string; readonly message: string }[]): FailureError {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more problems)` : '';
  const message = `The Dify file cannot be imported: ${first?.field ?? ''}: ${first?.message ?? ''}${more}`;
  return FailureError.of('invalid_document', message, {
    field: first?.field,
    details: { problems: problems.slice(0, 100) },
  });
}

function toDocument(file: DifyFile, warnings: Warnings): WorkflowDocumentInput {
  const mode = file.app?.mode ?? (file.model_config ? 'chat' : 'workflow');
  const graph = file.workflow
    ? graphFromWorkflow(file.workflow, warnings)
    : file.model_config
      ? graphFromModelConfig(file.model_config, mode, warnings)
      : undefined;
  if (graph === undefined) {
    const message = `The Dify file has neither "workflow" nor "model_config", so there is nothing to import (mode "${mode}").`;
    throw FailureError.of('invalid_document', message, { field: 'workflow' });
  }
  const { name, description, mode: _, ...look } = file.app ?? {};
  return {
    format: 'treadle/v1',
    name: name?.slice(0, 200) || 'Imported app',
    description: description?.slice(0, 5000) ?? '',
    kind: mode === 'advanced-chat' || mode === 'chat' || mode === 'agent-chat' ? 'chat' : 'workflow',
    ...graph.parts,
    extensions: {
      imported_from: 'dify',
      dify: { version: file.version ?? null, mode, app: look, dependencies: file.dependencies ?? [] },
      ...graph.extensions,
    },
  };
}
