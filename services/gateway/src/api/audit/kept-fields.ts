import { type AuditValue, redact } from '@treadle/audit';
import { redactionOf, redactionRulesFrom } from '@treadle/telemetry';
import type { AuditedKind } from './audited.js';

/** The rules that hold for logs hold for what is kept for ever. */
const clean = redactionOf(redactionRulesFrom(process.env)) ?? ((value: unknown) => value);

/**
 * Of what belongs to people and not to the configuration, only these fields are kept: an entry can never be taken out of the chain, and what
 * somebody said must be possible to forget.
 */
const keptFields: Partial<Record<AuditedKind, readonly string[]>> = {
  approval: ['run_id', 'workflow_id', 'node_key', 'title', 'status', 'action', 'by', 'answered_by'],
  chunk: ['id', 'document_id', 'position', 'enabled'],
  conversation: ['id', 'workflow_id', 'turns'],
  document: ['id', 'dataset_id', 'source', 'status', 'enabled', 'archived', 'characters', 'chunks'],
  erasure: ['id', 'subject', 'workflow_id', 'dry_run', 'status'],
  file: ['id', 'type', 'mime_type', 'size'],
  person: [],
  run: ['id', 'workflow_id', 'version', 'status', 'origin'],
  session: [],
  // Its values are secrets under names that anybody chooses.
  'tool-credential': ['type', 'hosts', 'settings', 'hint', 'updated_at'],
};

/** What the log keeps of an object or of a request's body. */
export function kept(kind: AuditedKind, value: unknown): AuditValue | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const fields = keptFields[kind];
  if (!fields) return redact(clean(value));
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const some = Object.entries(value).filter(([name]) => fields.includes(name));
  return some.length === 0 ? undefined : redact(clean(Object.fromEntries(some)));
}
