import type { Reference, Selector } from '@treadle/workflow';
import { z } from 'zod';
import { isChosen, optionalSelectorSchema, selectorReference } from '../fields.js';

/** Which pictures a model is shown. */
export const visionSchema = z.object({
  enabled: z.boolean().default(false),
  configs: z
    .object({ variable_selector: optionalSelectorSchema.nullish(), detail: z.enum(['low', 'high', 'auto']).nullish() })
    .nullish(),
});

export type Vision = z.infer<typeof visionSchema>;

export function visionReads(vision: Vision | null | undefined): Reference[] {
  if (vision?.enabled !== true) return [];
  return selectorReference(visionSelector(vision), 'vision.configs.variable_selector');
}

/** Where the pictures come from: what the run was given, unless the node says otherwise. */
export function visionSelector({ configs }: Vision): Selector {
  const chosen = configs?.variable_selector ?? [];
  return isChosen(chosen) ? chosen : ['sys', 'files'];
}
