import type { Json, JsonObject } from './json.js';

/** A value that a form asks for. */
export interface FormField {
  readonly name: string;
  readonly type: 'paragraph' | 'select' | 'file' | 'file-list';
  /** What stands in it before anybody has written; absent is empty. */
  readonly default?: Json;
  /** The choices of a select. */
  readonly options?: readonly string[];
}

/** Stands in a form's content where a field is to be shown; the group is its name. */
export const fieldSlot = /\{\{#\$output\.([A-Za-z_][A-Za-z0-9_]{0,63})#\}\}/g;

/** What a run asks a person. */
export interface Form {
  /** Markdown with a `fieldSlot` where a field is to be shown. */
  readonly content: string;
  readonly fields: readonly FormField[];
  /** The ways to send it off, at least one. */
  readonly actions: readonly FormAction[];
}

export interface FormAction {
  readonly id: string;
  readonly title: string;
  readonly style?: string;
}

/** What a person made of a form. */
export interface Answer {
  /** Id of the action taken. */
  readonly action: string;
  readonly values: JsonObject;
}

/** What keeps an answer from fitting its form, each with the part at fault (`action`, `values.name`); empty when it fits. Fields left out take their default. */
export function answerProblems(form: Form, { action, values }: Answer): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = [];
  if (!form.actions.some(({ id }) => id === action)) {
    const known = form.actions.map(({ id }) => id).join(', ');
    problems.push({ field: 'action', message: `There is no action "${action}". It is one of: ${known}.` });
  }
  const fields = new Map(form.fields.map((field) => [field.name, field]));
  for (const [name, value] of Object.entries(values)) {
    const field = fields.get(name);
    const problem = field === undefined ? 'is not a field of this form' : fieldProblem(field, value);
    if (problem !== undefined) problems.push({ field: `values.${name}`, message: `"${name}" ${problem}.` });
  }
  return problems;
}

function fieldProblem({ type, options = [] }: FormField, value: Json): string | undefined {
  switch (type) {
    case 'paragraph':
      return typeof value === 'string' ? undefined : 'must be a text';
    case 'select':
      return typeof value === 'string' && options.includes(value) ? undefined : `must be one of: ${options.join(', ')}`;
    case 'file':
      return isFile(value) ? undefined : 'must be a file object';
    case 'file-list':
      return Array.isArray(value) && value.every(isFile) ? undefined : 'must be a list of file objects';
  }
}

function isFile(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
