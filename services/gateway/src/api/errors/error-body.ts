import type { Failure } from '@treadle/failure';
import { z } from 'zod';
import { httpStatus } from './http-status.js';

const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  node: z.string().optional(),
  field: z.string().optional(),
});

/** What every answer other than success looks like. */
export const errorSchema = z
  .object({
    code: z.string().meta({ description: 'One of a closed list; programs decide by this.' }),
    message: z.string().meta({ description: 'What happened and what to do next.' }),
    status: z.int(),
    field: z.string().optional().meta({ description: 'The part of the request at fault.' }),
    request_id: z.string(),
    errors: z.array(problemSchema).optional().meta({ description: 'Every problem, where there may be several.' }),
    hint: z.string().optional(),
  })
  .meta({ id: 'Error' });

export type ErrorBody = z.infer<typeof errorSchema>;

export function errorBody(failure: Failure, requestId: string): ErrorBody {
  const { code, message, field, details } = failure;
  const errors = problems(details?.['diagnostics'] ?? details?.['problems'], code);
  const hint = details?.['hint'];
  return {
    code,
    message,
    status: httpStatus(failure),
    ...(field ? { field } : {}),
    request_id: requestId,
    ...(errors ? { errors } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
  };
}

/** Services list problems as data of a failure; what is not a problem is left out. */
function problems(value: unknown, code: string): ErrorBody['errors'] {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((item: unknown) => {
    const parsed = problemSchema.safeParse({ code, ...(item as object) });
    return parsed.success ? [parsed.data] : [];
  });
}
