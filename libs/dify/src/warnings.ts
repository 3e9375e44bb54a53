import type { Diagnostic } from '@treadle/workflow';

/** Collects what the importer has to tell. */
export class Warnings {
  readonly list: Diagnostic[] = [];

  add(code: 'imported' | 'unknown_node_type', field: string, message: string, node?: string): void {
    this.list.push({ severity: 'warning', code, message, ...(node === undefined ? {} : { node }), field });
  }
}
