import type { Json, Read, Settlement } from '@treadle/workflow';
import type { InputVariable, StartConfig } from './start.descriptor.js';

/** What an input is when nobody gave it: tests for emptiness must find something empty, not something missing. */
const emptyValues: Readonly<Record<InputVariable['type'], Json>> = {
  'text-input': '',
  paragraph: '',
  select: '',
  number: null,
  checkbox: false,
  file: null,
  'file-list': [],
  json_object: null,
};

export function settleStart(config: StartConfig, read: Read): Settlement {
  const outputs = config.variables.map(({ variable, type }) => [
    variable,
    read(['inputs', variable]) ?? emptyValues[type],
  ]);
  return { outputs: Object.fromEntries(outputs) as Record<string, Json> };
}
