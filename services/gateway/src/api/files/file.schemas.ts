import { z } from 'zod';

export const fileSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    size: z.int().meta({ description: 'In bytes.' }),
    extension: z.string().meta({ description: 'Without the dot; empty where there is none.' }),
    mime_type: z.string().meta({ description: 'Found from the content.' }),
    type: z.enum(['image', 'document', 'audio', 'video', 'custom']),
    sha256: z.string(),
    created_at: z.string(),
    content_url: z.string(),
  })
  .meta({ id: 'File' });

export const uploadedFilesSchema = z.object({ items: z.array(fileSchema) }).meta({ id: 'UploadedFiles' });
