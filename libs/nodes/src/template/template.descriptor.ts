import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { namedSelectorSchema, selectorReference } from '../fields.js';
import { isWork, settleTemplate } from './template.route.js';

export const templateConfigSchema = z.object({
  /** Jinja2. It sees the named variables only. */
  template: z.string().default(''),
  variables: z.array(namedSelectorSchema).default([]),
});

export type TemplateConfig = z.infer<typeof templateConfigSchema>;

export const template = defineControlNode<TemplateConfig>({
  type: 'template',
  group: 'data',
  title: 'Template',
  summary: 'Makes a text from values with a Jinja2 template.',
  config: templateConfigSchema,
  reads: (config) =>
    config.variables.flatMap(({ value_selector }, index) =>
      selectorReference(value_selector, `variables[${index}].value_selector`),
    ),
  handles: () => ['source'],
  outputs: () => ['output'],
  settle: settleTemplate,
  isWork,
});
