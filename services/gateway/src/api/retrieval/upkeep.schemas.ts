import { z } from 'zod';

const space = z.object({ provider: z.string(), model: z.string(), dimensions: z.int() }).meta({
  description: 'Vectors that can be compared with each other; an empty model for datasets searched by words only.',
});

const rebuildSchema = z.object({
  id: z.string(),
  space,
  status: z.enum(['running', 'done', 'failed']),
  phase: z.string().meta({ description: 'filling, catching up, checking, switching or removing the old copy.' }),
  points: z.int().meta({ description: 'Points copied so far.' }),
  points_total: z.int().meta({ description: 'Points there were when it began.' }),
  report: z.string().nullable().meta({ description: 'What its checks found, why it failed, or what it waits for.' }),
  created_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
});

export const rebuildsSchema = z.object({ items: z.array(rebuildSchema) }).meta({ id: 'Rebuilds' });

export const storeStatusSchema = z
  .object({
    store: z.string(),
    ready: z.boolean(),
    owed: z
      .int()
      .meta({ description: 'Changes that the store has not confirmed yet; they are mended in the background.' }),
    spaces: z.array(
      z.object({ space, serving: z.string().nullable().meta({ description: 'Null where the copy is lost.' }) }),
    ),
    rebuilds: z.array(rebuildSchema),
  })
  .meta({ id: 'StoreStatus' });

export const startRebuildSchema = z
  .strictObject({ model: z.string().max(200).default('').meta({ description: 'Only copies of this model.' }) })
  .meta({ id: 'StartRebuild' });
export type StartRebuildBody = z.infer<typeof startRebuildSchema>;

export const verifySchema = z
  .strictObject({
    dataset_ids: z.array(z.string().max(100)).max(100).default([]).meta({ description: 'Empty for every dataset.' }),
    dry_run: z.boolean().default(false).meta({ description: 'Only counts what differs.' }),
    cursor: z.string().max(200).default('').meta({ description: 'From the answer before.' }),
  })
  .meta({ id: 'VerifyStore' });
export type VerifyBody = z.infer<typeof verifySchema>;

export const verifiedSchema = z
  .object({
    datasets: z.array(
      z.object({
        organisation_id: z.string(),
        dataset_id: z.string().nullable().meta({ description: 'Null for points of datasets that are gone.' }),
        points: z.int(),
        missing: z.int(),
        extra: z.int(),
        stale: z.int(),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'VerifiedStore' });
