import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { selectorReference, selectorSchema } from '../fields.js';

export const documentExtractorConfigSchema = z.object({
  /** A file, or a list of them. */
  variable_selector: selectorSchema,
  /** What the editor knows of the variable. The value itself decides. */
  is_array_file: z.boolean().nullish(),
});

export type DocumentExtractorConfig = z.infer<typeof documentExtractorConfigSchema>;

export const documentExtractor = defineTaskNode<DocumentExtractorConfig>({
  type: 'document-extractor',
  group: 'data',
  title: 'Document extractor',
  summary: 'Reads the text out of documents.',
  pool: 'default',
  timeoutSeconds: 600,
  repeatable: true,
  config: documentExtractorConfigSchema,
  reads: (config) => selectorReference(config.variable_selector, 'variable_selector'),
  handles: () => ['source'],
  outputs: () => ['text'],
});
