import type { DocumentReader } from '@treadle/documents';
import type { Kinds } from '../domain/kinds.js';
import { makeBuiltinKind } from './builtin/index.js';
import { makeMcp } from './mcp/index.js';
import { openapi } from './openapi/index.js';
import { makeWorkflowKind, type WorkflowKindParts } from './workflow/index.js';

/** What kinds need of the world beside what a call is given. */
export interface KindParts {
  /** Closed with the kinds. */
  readonly documents: DocumentReader;
  readonly workflow: WorkflowKindParts;
}

/** Every kind, alphabetical. */
export function makeKinds({ documents, workflow }: KindParts): Kinds {
  return {
    builtin: makeBuiltinKind(documents),
    mcp: makeMcp(),
    openapi,
    workflow: makeWorkflowKind(workflow),
  };
}
