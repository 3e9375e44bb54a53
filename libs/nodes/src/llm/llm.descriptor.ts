import type { Reference, Selector } from '@treadle/workflow';
import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { isChosen, namedSelectorSchema, optionalSelectorSchema, selectorReference, textReferences } from '../fields.js';
import { memorySchema, windowOf } from '../memory.js';

const promptPartSchema = z.object({
  text: z.string().nullish(),
  /** `basic` fills in `{{#node.name#}}`; `jinja2` renders `jinja2_text` with the named variables. */
  edition_type: z.enum(['basic', 'jinja2']).nullish(),
  jinja2_text: z.string().nullish(),
});

const promptMessageSchema = promptPartSchema.extend({ role: z.enum(['system', 'user', 'assistant']) });

export const llmConfigSchema = z.object({
  model: z.object({
    /** Empty lets any provider that knows the model serve it. */
    provider: z.string().default(''),
    name: z.string().min(1),
    mode: z.enum(['chat', 'completion']).default('chat'),
    /** Sampling settings with OpenAI's names. */
    completion_params: z.record(z.string(), z.json()).default({}),
  }),
  /** The messages, or a single text, which is sent as the user's. */
  prompt_template: z.union([z.array(promptMessageSchema), promptPartSchema]).default([]),
  prompt_config: z.object({ jinja2_variables: z.array(namedSelectorSchema).nullish() }).nullish(),
  memory: memorySchema.nullish(),
  /** What `{{#context#}}` in a message stands for. */
  context: z
    .object({ enabled: z.boolean().default(false), variable_selector: optionalSelectorSchema.nullish() })
    .nullish(),
  vision: z
    .object({
      enabled: z.boolean().default(false),
      configs: z
        .object({ variable_selector: optionalSelectorSchema.nullish(), detail: z.string().nullish() })
        .nullish(),
    })
    .nullish(),
  structured_output_enabled: z.boolean().nullish(),
  structured_output: z.object({ schema: z.record(z.string(), z.json()).nullish() }).nullish(),
  /** What is done with reasoning in `<think>` tags: left in the text, or moved to `reasoning_content`. */
  reasoning_format: z.enum(['tagged', 'separated']).default('tagged'),
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
  reads: (config) => [...promptReads(config), ...contextReads(config), ...memoryReads(config), ...visionReads(config)],
  handles: () => ['source'],
  outputs: (config) => [
    'text',
    'reasoning_content',
    'usage',
    'finish_reason',
    ...(config.structured_output_enabled === true ? ['structured_output'] : []),
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

function visionReads({ vision }: LlmConfig): Reference[] {
  if (vision?.enabled !== true) return [];
  return selectorReference(visionSelector(vision), 'vision.configs.variable_selector');
}

/** Where the pictures come from: what the run was given, unless the node says otherwise. */
export function visionSelector(vision: NonNullable<LlmConfig['vision']>): Selector {
  const chosen = vision.configs?.variable_selector ?? [];
  return isChosen(chosen) ? chosen : ['sys', 'files'];
}

/** What `{{#context#}}` stands for; nothing while it is switched off. */
export function contextSelector({ context }: LlmConfig): Selector | readonly [] {
  return context?.enabled === true ? (context.variable_selector ?? []) : [];
}
