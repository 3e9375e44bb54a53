import { FailureError } from '@treadle/failure';
import type { z } from 'zod';

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
  /** Zod names here what it did not expect. */
  readonly keys?: readonly string[];
}

/** Refuses a request whose body or query does not follow its schema; every problem is told. */
export function schemaFailure(issues: readonly Issue[]): FailureError {
  const problems = issues.map((issue) => ({ field: fieldOf(issue), message: issue.message }));
  const [first] = problems;
  const message = `${first?.field ? `${first.field}: ` : ''}${first?.message ?? 'The request does not follow its schema'}.`;
  return FailureError.of('invalid_argument', message, { field: first?.field || undefined, details: { problems } });
}

/** A body as its schema reads it, where Nest does not do that. Throws as above. */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw schemaFailure(read.error.issues);
}

function fieldOf({ path = [], keys }: Issue): string {
  const names = path.map((part) => (typeof part === 'object' ? part.key : part));
  const all = keys?.[0] === undefined ? names : [...names, keys[0]];
  return all
    .map((name, index) => (typeof name === 'number' ? `[${name}]` : `${index > 0 ? '.' : ''}${String(name)}`))
    .join('');
}
