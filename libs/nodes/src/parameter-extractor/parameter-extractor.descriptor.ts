import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { selectorReference, selectorSchema, textReferences } from '../fields.js';
import { memorySchema, windowOf } from '../memory.js';
import { modelSchema } from '../model/model-settings.js';
import { visionReads, visionSchema } from '../model/vision.js';

const parameterTypes = [
  'string',
  'number',
  'boolean',
  'select',
  'array[string]',
  'array[number]',
  'array[boolean]',
  'array[object]',
] as const;

const parameterSchema = z
  .object({
    name: z
      .string()
      .min(1)
      .refine((name) => !name.startsWith('__'), { message: 'Names that begin with "__" are taken. Choose another.' }),
    type: z.enum(parameterTypes),
    /** What the model looks for. */
    description: z.string().default(''),
    /** Whether extracting fails without it. */
    required: z.boolean().default(false),
    /** The values of a `select`. */
    options: z.array(z.string()).nullish(),
  })
  .refine(({ type, options }) => type !== 'select' || options?.length, {
    path: ['options'],
    message: 'A select without options can have no value. Give it some.',
  });

export const parameterExtractorConfigSchema = z.object({
  /** The text that is read. */
  query: selectorSchema,
  model: modelSchema,
  parameters: z.array(parameterSchema).min(1),
  instruction: z.string().default(''),
  /** Whether the model calls a function with the values, or writes them as JSON, which every model can. */
  reasoning_mode: z.enum(['function_call', 'prompt']).default('function_call'),
  memory: memorySchema.nullish(),
  vision: visionSchema.nullish(),
});

export type ParameterExtractorConfig = z.infer<typeof parameterExtractorConfigSchema>;
export type Parameter = z.infer<typeof parameterSchema>;

export const parameterExtractor = defineTaskNode<ParameterExtractorConfig>({
  type: 'parameter-extractor',
  group: 'model',
  title: 'Parameter extractor',
  summary: 'Asks a language model to read typed values out of a text.',
  pool: 'default',
  timeoutSeconds: 600,
  config: parameterExtractorConfigSchema,
  reads: ({ query, parameters, instruction, vision }) => [
    ...selectorReference(query, 'query'),
    ...parameters.flatMap(({ description }, index) => textReferences(description, `parameters[${index}].description`)),
    ...textReferences(instruction, 'instruction'),
    ...visionReads(vision),
  ],
  handles: () => ['source'],
  outputs: ({ parameters }) => [...parameters.map(({ name }) => name), '__is_success', '__reason', '__usage'],
  history: ({ memory }) => (memory ? windowOf(memory) : undefined),
});
