import { z } from 'zod';
import { pageFields, pageShape, texts } from './page.js';
import { docForms } from './process-rule.js';

const content = z.string({ error: 'Content is required.' }).trim().min(1, { error: 'Content is required.' });
const keywords = z.array(z.string().max(100)).max(50).nullish();
const answer = z.string().nullish();

export const createSegmentsSchema = z
  .object({
    segments: z.array(z.object({ content, answer, keywords })).min(1, { error: 'Segments is required.' }).max(100),
  })
  .meta({ id: 'DifyCreateSegments' });
export type CreateSegmentsBody = z.infer<typeof createSegmentsSchema>;

export const updateSegmentSchema = z
  .object({
    segment: z.object({
      content: content.nullish(),
      answer,
      keywords,
      enabled: z.boolean().nullish(),
      regenerate_child_chunks: z.boolean().nullish(),
    }),
  })
  .meta({ id: 'DifyUpdateSegment' });
export type UpdateSegmentBody = z.infer<typeof updateSegmentSchema>;

export const listSegmentsSchema = z.object({ ...pageFields, status: texts });
export type ListSegmentsQuery = z.infer<typeof listSegmentsSchema>;

export const listChildChunksSchema = z.object(pageFields);
export type ListChildChunksQuery = z.infer<typeof listChildChunksSchema>;

export const childChunkBodySchema = z.object({ content }).meta({ id: 'DifyChildChunkContent' });
export type ChildChunkBody = z.infer<typeof childChunkBodySchema>;

const childChunk = z
  .object({ id: z.string(), segment_id: z.string(), content: z.string(), position: z.int(), word_count: z.int() })
  .catchall(z.unknown())
  .meta({ id: 'DifyChildChunk' });
export const childChunkSchema = z.object({ data: childChunk }).meta({ id: 'DifyChildChunkAnswer' });
export const childChunkPageSchema = z
  .object({ data: z.array(childChunk), total_pages: z.int(), total: z.int(), page: z.int(), limit: z.int() })
  .meta({ id: 'DifyChildChunkPage' });

const segment = z
  .object({
    id: z.string(),
    document_id: z.string(),
    position: z.int(),
    content: z.string(),
    answer: z.string().nullable(),
    keywords: z.array(z.string()),
    enabled: z.boolean(),
    word_count: z.int(),
    child_chunks: z.array(childChunk),
  })
  .catchall(z.unknown())
  .meta({ id: 'DifySegment' });
const doc_form = z.enum(docForms);
export const segmentSchema = z.object({ data: segment, doc_form }).meta({ id: 'DifySegmentAnswer' });
export const segmentsSchema = z.object({ data: z.array(segment), doc_form }).meta({ id: 'DifySegments' });
export const segmentPageSchema = z
  .object({ data: z.array(segment), doc_form, ...pageShape })
  .meta({ id: 'DifySegmentPage' });
