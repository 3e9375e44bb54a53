import { z } from 'zod';
import { flag, userField } from './dify.schemas.js';

export const previewSchema = z.object({ user: userField, as_attachment: flag });
export type PreviewQuery = z.infer<typeof previewSchema>;

export const uploadedFileSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    size: z.int(),
    extension: z.string(),
    mime_type: z.string(),
    created_by: z.string(),
    created_at: z.int(),
    preview_url: z.string(),
    source_url: z.null(),
  })
  .meta({ id: 'DifyFile' });
