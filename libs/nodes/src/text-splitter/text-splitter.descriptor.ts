import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { selectorReference, selectorSchema } from '../fields.js';
import { settleTextSplitter } from './text-splitter.route.js';

export const textSplitterConfigSchema = z
  .object({
    /** The text. */
    variable_selector: selectorSchema,
    /** Longest chunk, in characters (UTF-16 code units). */
    chunk_size: z.int().min(1).max(100_000).default(1000),
    /** How much of the chunk before a chunk may begin with, in characters. */
    chunk_overlap: z.int().min(0).default(0),
    /** Where the text may be cut, best first. What none of them cuts short enough is cut anywhere. */
    separators: z.array(z.string().min(1)).default(['\n\n', '\n', '。', '. ', ' ']),
  })
  .refine((config) => config.chunk_overlap < config.chunk_size, {
    path: ['chunk_overlap'],
    message: 'must be less than chunk_size',
  });

export type TextSplitterConfig = z.infer<typeof textSplitterConfigSchema>;

export const textSplitter = defineControlNode<TextSplitterConfig>({
  type: 'text-splitter',
  group: 'data',
  title: 'Text splitter',
  summary: 'Cuts a text into chunks.',
  config: textSplitterConfigSchema,
  reads: (config) => selectorReference(config.variable_selector, 'variable_selector'),
  handles: () => ['source'],
  outputs: () => ['chunks', 'count'],
  settle: settleTextSplitter,
});
