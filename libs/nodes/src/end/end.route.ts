import type { Read, Settlement } from '@treadle/workflow';
import { isChosen } from '../fields.js';
import type { EndConfig } from './end.descriptor.js';

/** A value that is not there (its branch was not taken) comes out as null, so that callers find every name. */
export function settleEnd(config: EndConfig, read: Read): Settlement {
  const outputs = config.outputs.map(({ variable, value_selector }) => {
    const value = isChosen(value_selector) ? read(value_selector) : null;
    return [variable, value ?? null] as const;
  });
  return { outputs: Object.fromEntries(outputs) };
}
