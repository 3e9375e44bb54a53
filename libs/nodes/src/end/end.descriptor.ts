import { selectorText, type TextOutline } from '@treadle/workflow';
import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { handedOnReference, isChosen, namedSelectorSchema } from '../fields.js';
import { settleEnd } from './end.route.js';

export const endConfigSchema = z.object({
  /** What the run gives back: each value by its name. */
  outputs: z.array(namedSelectorSchema).default([]),
});

export type EndConfig = z.infer<typeof endConfigSchema>;

export const end = defineControlNode<EndConfig>({
  type: 'end',
  group: 'output',
  title: 'End',
  summary: 'Names what the run gives back.',
  config: endConfigSchema,
  reads: (config) =>
    config.outputs.flatMap((output, index) =>
      handedOnReference(output.value_selector, `outputs[${index}].value_selector`),
    ),
  handles: () => [],
  outputs: (config) => config.outputs.map((output) => output.variable),
  textOutline,
  settle: settleEnd,
});

/** The selected strings, each on a line of its own. */
function textOutline(config: EndConfig): TextOutline {
  const chosen = config.outputs.flatMap(({ value_selector }) => (isChosen(value_selector) ? [value_selector] : []));
  const segments = chosen.map((selector) => ({ selector, source: `{{#${selectorText(selector)}#}}` }));
  return { segments, form: 'lines' };
}
