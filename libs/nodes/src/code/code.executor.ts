import type { Json, Read } from '@treadle/workflow';
import type { Execute } from '../define-node.js';
import { isChosen } from '../fields.js';
import { checkOutputs } from './check-outputs.js';
import type { CodeConfig } from './code.descriptor.js';

/** Runs the code. What it printed is left on the node run; what it returned beyond the declared outputs is left out. */
export const executeCode: Execute<CodeConfig> = async (config, { read, capabilities, warn }) => {
  const { code_language: language, code, outputs: declared } = config;
  const { result, printed } = await capabilities.code.run({ language, code, inputs: inputsOf(config, read) });
  if (printed !== '') warn(`The code printed: ${printed}`);
  const { outputs, undeclared } = checkOutputs(declared, result);
  if (undeclared.length > 0)
    warn(`The code returned ${undeclared.join(', ')} beside its outputs. Declare what later nodes are to read.`);
  return { outputs };
};

/** A variable without a value is null, so that `main` always gets every argument it names. */
function inputsOf({ variables }: CodeConfig, read: Read): Record<string, Json> {
  return Object.fromEntries(
    variables.map(({ variable, value_selector }) => [
      variable,
      (isChosen(value_selector) ? read(value_selector) : undefined) ?? null,
    ]),
  );
}
