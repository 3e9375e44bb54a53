import type { JsonObject, Reference, Selector } from '@treadle/workflow';
import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { namedSelectorSchema, optionalSelectorSchema, selectorReference, textReferences } from '../fields.js';
import { memorySchema, windowOf } from '../memory.js';
import { modelSchema } from '../model/model-settings.js';
import { visionReads, visionSchema } from '../model/vision.js';
import { schemaProblem } from './structured-output.js';

const promptPartSchema = z.object({
  text: z.string().nullish(),
  /** `basic` fills in `{{#node.name#}}`; `jinja2` renders `jinja2_text` with the named variables. */
  edition_type: z.enum(['basic', 'jinja2']).nullish(),
  jinja2_text: z.string().nullish(),
});

const promptMessageSchema = promptPartSchema.extend({ role: z.enum(['system', 'user', 'assistant']) });

const llmFieldsSchema = z.object({
  model: modelSchema,
  /** The messages, or a single text, which is sent as the user's. */
  prompt_template: z.union([z.array(promptMessageSchema), promptPartSchema]).default([]),
  prompt_config: z.object({ jinja2_variables: z.array(namedSelectorSchema).nullish() }).nullish(),
  memory: memorySchema.nullish(),
  /** What `{{#context#}}` in a message stands for. */
  context: z
    .object({ enabled: z.boolean().default(false), variable_selector: optionalSelectorSchema.nullish() })
    .nullish(),
  vision: visionSchema.nullish(),
  /** Whether the answer is an object by the schema, which comes out as `structured_output`. */
  structured_output_enabled: z.boolean().nullish(),
  structured_output: z.object({ schema: z.record(z.string(), z.json()).nullish() }).nullish(),
  /** What is done with reasoning in `<think>` tags: left in the text, or moved to `reasoning_content`. */
  reasoning_format: z.enum(['tagged', 'separated']).default('tagged'),
});

export const llmConfigSchema = llmFieldsSchema.superRefine((config, context) => {
  const problem =
    config.structured_output_enabled === true ? schemaProblem(config.structured_output?.schema) : undefined;
  if (problem !== undefined)
    context.addIssue({ code: 'custom', path: ['structured_output', 'schema'], message: problem });
});

export type LlmConfig = z.infer<typeof llmConfigSchema>;
export type PromptPart = z.infer<typeof promptPartSchema>;
export type PromptMessage = z.infer<typeof promptMessageSchema>;

export const llm = defineTaskNode<LlmConfig>({
  type: 'llm',
  group: 'model',
  title: 'LLM',
  summary: 'Asks a language model.',
  pool: 'default',
  timeoutSeconds: 600,
  config: llmConfigSchema,
  reads: (config) => [
    ...promptReads(config),
    ...contextReads(config),
    ...memoryReads(config),
    ...visionReads(config.vision),
  ],
  handles: () => ['source'],
  outputs: (config) => [
    'text',
    'reasoning_content',
    'usage',
    'finish_reason',
    ...(outputSchema(config) ? ['structured_output'] : []),
  ],
  streams: 'text',
  history: ({ memory }) => (memory ? windowOf(memory) : undefined),
});

function promptReads({ prompt_template: prompt, prompt_config }: LlmConfig): Reference[] {
  const parts = Array.isArray(prompt)
    ? prompt.map((part, index) => ({ part, field: `prompt_template[${index}].text` }))
    : [{ part: prompt, field: 'prompt_template.text' }];
  const basic = parts.filter(({ part }) => part.edition_type !== 'jinja2');
  const references = basic.flatMap(({ part, field }) => textReferences(part.text ?? '', field));
  if (basic.length === parts.length) return references;
  const variables = (prompt_config?.jinja2_variables ?? []).flatMap(({ value_selector }, index) =>
    selectorReference(value_selector, `prompt_config.jinja2_variables[${index}].value_selector`),
  );
  return [...references, ...variables];
}

function contextReads(config: LlmConfig): Reference[] {
  return selectorReference(contextSelector(config), 'context.variable_selector');
}

function memoryReads({ memory }: LlmConfig): Reference[] {
  if (!memory) return [];
  const field = 'memory.query_prompt_template';
  if (memory.query_prompt_template) return textReferences(memory.query_prompt_template, field);
  return [{ selector: ['sys', 'query'], field }];
}

/** What the answer keeps to; absent while it may be any text. */
export function outputSchema({ structured_output_enabled, structured_output }: LlmConfig): JsonObject | undefined {
  return structured_output_enabled === true ? (structured_output?.schema ?? undefined) : undefined;
}

/** What `{{#context#}}` stands for; nothing while it is switched off. */
export function contextSelector({ context }: LlmConfig): Selector | readonly [] {
  return context?.enabled === true ? (context.variable_selector ?? []) : [];
}
