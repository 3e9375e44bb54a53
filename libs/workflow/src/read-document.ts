import { documentSchema, type WorkflowDocument } from './document.js';
import { fieldPath } from './field-path.js';
import type { Diagnostic } from './plan.js';
import { schemaProblems } from './schema-problems.js';

/** Either a document that follows the schema, or everything that keeps it from being one. */
export type DocumentReading =
  | { readonly document: WorkflowDocument; readonly diagnostics?: undefined }
  | { readonly document?: undefined; readonly diagnostics: readonly Diagnostic[] };

/** Checks a parsed value against the document schema and fills in defaults. Problems name their node and field. */
export function readDocument(value: unknown): DocumentReading {
  const parsed = documentSchema.safeParse(value);
  if (parsed.success) return { document: parsed.data };
  return {
    diagnostics: schemaProblems(parsed.error).map(({ path, message }): Diagnostic => {
      const field = fieldPath(...path);
      const node = path[0] === 'nodes' && typeof path[1] === 'number' ? nodeIdAt(value, path[1]) : undefined;
      const subject = field === '' ? 'The document' : field;
      return {
        severity: 'error',
        code: 'invalid_field',
        message: `${subject}: ${message}.`,
        ...(node === undefined ? {} : { node }),
        field,
      };
    }),
  };
}

function nodeIdAt(value: unknown, index: number): string | undefined {
  const nodes = (value as { readonly nodes?: readonly unknown[] }).nodes;
  const id = (nodes?.[index] as { readonly id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
}
