import type { z } from 'zod';

/** One thing a schema objected to: where, as path parts, and a sentence. */
export interface SchemaProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Flattens what zod found: every unknown key is named by itself, and a union tells of its closest alternative. */
export function schemaProblems(error: z.ZodError): SchemaProblem[] {
  return error.issues.flatMap((issue) => problemsOf(issue, []));
}

function problemsOf(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): SchemaProblem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: 'is not a known field; remove it or check its spelling',
    }));
  }
  const closest = issue.code === 'invalid_union' ? closestAlternative(issue.errors) : undefined;
  if (closest !== undefined) return closest.flatMap((inner) => problemsOf(inner, path));
  return [{ path, message: issue.message }];
}

/** The alternative whose first objection lies deepest: the one the author most likely meant. Absent when all object at once. */
function closestAlternative(
  alternatives: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const depth = (issues: readonly z.core.$ZodIssue[]) => Math.min(...issues.map((issue) => issue.path.length));
  const deep = alternatives.filter((issues) => issues.length > 0 && depth(issues) > 0);
  return deep.sort((a, b) => depth(b) - depth(a))[0];
}
