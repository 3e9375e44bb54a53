import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { settleStart } from './start.route.js';

export const inputTypes = [
  'text-input',
  'paragraph',
  'select',
  'number',
  'checkbox',
  'file',
  'file-list',
  'json_object',
] as const;

export const inputVariableSchema = z.object({
  variable: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'use a name of letters, digits and "_"'),
  /** What a form shows; absent shows the name. */
  label: z.string().nullish(),
  type: z.enum(inputTypes).default('text-input'),
  required: z.boolean().default(false),
  /** Taken when the caller gives nothing. */
  default: z.json().nullish(),
  /** Longest text in characters; of a file list, most files. Absent or 0 sets no limit. */
  max_length: z.number().nonnegative().nullish(),
  /** The choices of a select. */
  options: z.array(z.string()).nullish(),
  /** A form leaves it out; the API takes it. */
  hide: z.boolean().nullish(),
  allowed_file_types: z.array(z.string()).nullish(),
  allowed_file_extensions: z.array(z.string()).nullish(),
  allowed_file_upload_methods: z.array(z.string()).nullish(),
  /** JSON Schema of a json_object, as an object or as JSON text. */
  json_schema: z.union([z.record(z.string(), z.json()), z.string()]).nullish(),
});

export const startConfigSchema = z.object({ variables: z.array(inputVariableSchema).default([]) });

export type InputVariable = z.infer<typeof inputVariableSchema>;
export type StartConfig = z.infer<typeof startConfigSchema>;

export const start = defineControlNode<StartConfig>({
  type: 'start',
  group: 'entry',
  title: 'Start',
  summary: 'Declares what a run is given.',
  config: startConfigSchema,
  reads: (config) =>
    config.variables.map(({ variable }, index) => ({
      selector: ['inputs', variable],
      field: `variables[${index}].variable`,
      handedOn: true,
    })),
  handles: () => ['source'],
  outputs: (config) => config.variables.map((variable) => variable.variable),
  settle: settleStart,
});
