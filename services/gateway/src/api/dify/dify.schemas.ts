import { z } from 'zod';

/** Clients of Dify send more than is read here, so what is unknown is passed over. */
export const missingUser = 'Arg user must be provided.';

export const userField = z
  .string({ error: missingUser })
  .min(1, { error: missingUser })
  .max(255)
  .meta({ description: 'Your own name for the end user. Nobody sees what belongs to another one.' });

export const userQuerySchema = z.object({ user: userField });
export type UserQuery = z.infer<typeof userQuerySchema>;

export const userBodySchema = z.object({ user: userField }).meta({ id: 'DifyEndUserName' });

/** Of requests whose user may stand in the query instead. */
export const optionalUserSchema = z.object({ user: z.string().nullish() }).prefault({}).meta({ id: 'DifyUser' });

const json = z.unknown().meta({ description: 'Any JSON.' });

/** Null and an empty text mean that nothing was given. */
export const optionalText = (max: number) =>
  z
    .string()
    .max(max)
    .nullish()
    .transform((text) => text ?? '');

export const runFields = {
  inputs: z.record(z.string(), json).meta({ description: "Values of the app's variables." }),
  user: userField,
  response_mode: z.enum(['blocking', 'streaming']).nullish(),
  files: z
    .array(json)
    .max(50)
    .nullish()
    .transform((files) => files ?? []),
};

export const resultSchema = z.object({ result: z.literal('success') }).meta({ id: 'DifyResult' });
export const success = { result: 'success' } as const;

export const difyErrorSchema = z
  .object({
    code: z.string().meta({ description: 'Programs decide by this.' }),
    message: z.string(),
    status: z.int(),
    params: z.string().optional().meta({ description: 'The field at fault.' }),
  })
  .meta({ id: 'DifyError' });

export const pageLimit = (standard: number) =>
  z
    .union([z.literal(''), z.coerce.number().int().min(1).max(100)])
    .nullish()
    .transform((limit) => limit || standard);

/** A switch as clients write it in a query. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', ''])])
  .nullish()
  .transform((value) => value === true || value === 'true' || value === '1');
