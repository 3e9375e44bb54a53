import type { Reference } from '@treadle/workflow';
import { z } from 'zod';
import { defineWaitNode } from '../define-node.js';
import { optionalSelectorSchema, selectorReference, textReferences } from '../fields.js';
import { answeredForm, elapsedForm, formOf, timeoutHandle } from './human-input.form.js';

/** A value written in the editor, or one of the run. */
const sourceSchema = <Value extends z.ZodType>(value: Value) =>
  z.object({
    type: z.enum(['constant', 'variable']).default('constant'),
    value: value.nullish(),
    selector: optionalSelectorSchema.nullish(),
  });

const inputSchema = z.object({
  type: z.enum(['paragraph', 'select', 'file', 'file-list']).default('paragraph'),
  output_variable_name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'use a name of letters, digits and "_"'),
  default: sourceSchema(z.json()).nullish(),
  /** The choices of a select: a list of texts. */
  option_source: sourceSchema(z.array(z.string())).nullish(),
});

export const humanInputConfigSchema = z.object({
  /** Markdown with references, and `{{#$output.name#}}` where an input is to stand. */
  form_content: z.string().default(''),
  inputs: z.array(inputSchema).default([]),
  /** The ways to send the form off, each a branch. */
  user_actions: z
    .array(
      z.object({ id: z.string().min(1).max(100), title: z.string().default(''), button_style: z.string().nullish() }),
    )
    .min(1, 'needs at least one action'),
  /** How people hear of it, beside the API. */
  delivery_methods: z.array(z.json()).nullish(),
  /** Absent waits for ever. */
  timeout: z.number().positive().nullish(),
  timeout_unit: z.enum(['hour', 'day']).default('hour'),
});

export type HumanInputConfig = z.infer<typeof humanInputConfigSchema>;
export type HumanInput = HumanInputConfig['inputs'][number];

export const humanInput = defineWaitNode<HumanInputConfig>({
  type: 'human-input',
  group: 'logic',
  title: 'Human input',
  summary: 'Asks a person, and goes on by what they choose.',
  config: humanInputConfigSchema,
  reads: (config) => [...textReferences(config.form_content, 'form_content'), ...config.inputs.flatMap(inputReads)],
  handles: (config) => [...config.user_actions.map(({ id }) => id), timeoutHandle],
  outputs: (config) => [
    ...config.inputs.map((input) => input.output_variable_name),
    '__action_id',
    '__action_value',
    '__rendered_content',
  ],
  wait: formOf,
  answered: (_config, form, answer) => answeredForm(form, answer),
  elapsed: (_config, waiting) => elapsedForm(waiting),
});

function inputReads({ default: preset, option_source: options }: HumanInput, index: number): Reference[] {
  return [
    ...(preset?.type === 'variable'
      ? selectorReference(preset.selector ?? [], `inputs[${index}].default.selector`)
      : []),
    ...(options?.type === 'variable'
      ? selectorReference(options.selector ?? [], `inputs[${index}].option_source.selector`)
      : []),
  ];
}
