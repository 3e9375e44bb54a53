import type { AuditLink } from '../../domain/audit/audit-store.js';

export function auditView({ entry, hash }: AuditLink) {
  const { tenant: _, begun: __, outcome, ...facts } = entry;
  return { ...facts, outcome: outcome === 'begun' ? ('unknown' as const) : outcome, hash };
}

const columns = [
  'seq',
  'at',
  'actor_kind',
  'actor_id',
  'address',
  'agent',
  'action',
  'object_kind',
  'object_id',
  'outcome',
  'request',
  'before',
  'after',
  'details',
  'times',
  'hash',
];

export const csvHeader = `${columns.join(',')}\r\n`;

export function csvLine({ entry, hash }: AuditLink): string {
  const { actor, object, before, after, details, times } = entry;
  const json = (value: unknown) => (value === undefined ? '' : JSON.stringify(value));
  return `${[
    ...[entry.seq, entry.at, actor.kind, actor.id, actor.address, actor.agent, entry.action, object.kind, object.id],
    ...[entry.outcome, entry.request, json(before), json(after), json(details), times ?? '', hash],
  ]
    .map(cell)
    .join(',')}\r\n`;
}

/** A cell that begins like a formula would be computed by a spreadsheet. */
function cell(value: string | number): string {
  const text = String(value).replace(/^(?=[=+\-@\t\r])/, "'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
