import { z } from 'zod';

const id = z.string().max(100);
const name = z.string({ error: 'Arg name must be provided.' }).trim().min(1).max(50);
const ids = z.array(id).min(1, { error: 'Tag IDs is required.' }).max(100);

export const createTagSchema = z.object({ name }).meta({ id: 'DifyCreateTag' });
export type CreateTagBody = z.infer<typeof createTagSchema>;

export const renameTagSchema = z.object({ tag_id: id, name }).meta({ id: 'DifyRenameTag' });
export type RenameTagBody = z.infer<typeof renameTagSchema>;

export const deleteTagSchema = z.object({ tag_id: id }).meta({ id: 'DifyDeleteTag' });
export type DeleteTagBody = z.infer<typeof deleteTagSchema>;

export const bindTagsSchema = z.object({ tag_ids: ids, target_id: id }).meta({ id: 'DifyBindTags' });
export type BindTagsBody = z.infer<typeof bindTagsSchema>;

/** Older clients name one tag, newer ones several. */
export const unbindTagsSchema = z
  .object({ tag_id: id.nullish(), tag_ids: z.array(id).max(100).nullish(), target_id: id })
  .transform(({ tag_id, tag_ids, target_id }) => ({
    target_id,
    tag_ids: tag_ids?.length ? tag_ids : tag_id ? [tag_id] : [],
  }))
  .refine(({ tag_ids }) => tag_ids.length > 0, { error: 'Tag IDs is required.', path: ['tag_ids'] });
export type UnbindTagsBody = z.infer<typeof unbindTagsSchema>;

export const tagSchema = z
  .object({ id: z.string(), name: z.string(), type: z.literal('knowledge'), binding_count: z.string() })
  .meta({ id: 'DifyTag' });
export const tagsSchema = z.array(tagSchema);
export const datasetTagsSchema = z
  .object({ data: z.array(z.object({ id: z.string(), name: z.string() })), total: z.int() })
  .meta({ id: 'DifyDatasetTags' });
