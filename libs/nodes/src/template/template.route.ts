import { failure, toFailure } from '@treadle/failure';
import type { Read, Settlement } from '@treadle/workflow';
import { namedValues } from '../fields.js';
import { isPlainTemplate, renderPlain } from '../render-jinja.js';
import type { TemplateConfig } from './template.descriptor.js';

/** Renders a plain template. Any other is work: its loops and operators have no bound that could be kept here. */
export function settleTemplate(config: TemplateConfig, read: Read): Settlement {
  if (isWork(config)) return { failure: failure('internal', 'A template that computes is rendered by an executor.') };
  try {
    return { outputs: { output: renderPlain(config.template, namedValues(config.variables, read)) } };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

export function isWork({ template }: TemplateConfig): boolean {
  return !isPlainTemplate(template);
}
