import { toFailure } from '@treadle/failure';
import type { Read, Settlement } from '@treadle/workflow';
import { namedValues } from '../fields.js';
import { renderJinja } from '../render-jinja.js';
import type { TemplateConfig } from './template.descriptor.js';

export function settleTemplate(config: TemplateConfig, read: Read): Settlement {
  try {
    return { outputs: { output: renderJinja(config.template, namedValues(config.variables, read)) } };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}
