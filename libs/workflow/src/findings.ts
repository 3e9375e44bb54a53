import type { Diagnostic } from './plan.js';

/** Problems that an imported file may have and still run as it did before: they are judged when a run meets them. */
const toleratedCodes: ReadonlySet<Diagnostic['code']> = new Set([
  'selector_not_upstream',
  'selector_unknown_node',
  'selector_unknown_output',
  'selector_unknown_variable',
]);

/** Collects what is wrong with a document, so that all of it is told at once. */
export class Findings {
  readonly diagnostics: Diagnostic[] = [];

  constructor(private readonly tolerant: boolean) {}

  error(code: Diagnostic['code'], field: string, message: string, node?: string): void {
    const severity = this.tolerant && toleratedCodes.has(code) ? 'warning' : 'error';
    this.add(severity, code, field, message, node);
  }

  warning(code: Diagnostic['code'], field: string, message: string, node?: string): void {
    this.add('warning', code, field, message, node);
  }

  get hasErrors(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  }

  private add(
    severity: Diagnostic['severity'],
    code: Diagnostic['code'],
    field: string,
    message: string,
    node?: string,
  ) {
    this.diagnostics.push({ severity, code, message, ...(node === undefined ? {} : { node }), field });
  }
}

/** How messages name a node: its id, and its title where it has one. */
export function nodeName(node: { readonly id: string; readonly title: string }): string {
  return node.title === '' ? `"${node.id}"` : `"${node.id}" (${node.title})`;
}
