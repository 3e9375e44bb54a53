import type { Execute } from '../define-node.js';
import { namedValues } from '../fields.js';
import type { TemplateConfig } from './template.descriptor.js';

/** Renders a template of any kind, and plain ones that read large values. */
export const executeTemplate: Execute<TemplateConfig> = async (config, { read, capabilities }) => {
  const output = await capabilities.templates.render(config.template, namedValues(config.variables, read));
  return { outputs: { output } };
};
