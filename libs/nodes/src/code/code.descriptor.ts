import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { namedSelectorSchema, selectorReference } from '../fields.js';

const outputTypes = [
  'string',
  'number',
  'boolean',
  'object',
  'array[string]',
  'array[number]',
  'array[boolean]',
  'array[object]',
] as const;

/** What a value that the code returns is to be. */
export interface OutputDeclaration {
  readonly type: (typeof outputTypes)[number];
  /** Of objects: the fields that are looked into; absent leaves them alone. */
  readonly children?: Readonly<Record<string, OutputDeclaration>> | null;
}

const outputSchema: z.ZodType<OutputDeclaration> = z.lazy(() =>
  z.object({ type: z.enum(outputTypes), children: z.record(z.string(), outputSchema).nullish() }),
);

export const codeConfigSchema = z.object({
  code_language: z.enum(['python3', 'javascript']),
  /** Defines `main`: in Python it takes the variables by name, in JavaScript one object of them. It gives an object of the outputs. */
  code: z.string().max(400_000),
  variables: z.array(namedSelectorSchema).default([]),
  outputs: z.record(z.string().min(1).max(100), outputSchema).default({}),
});

export type CodeConfig = z.infer<typeof codeConfigSchema>;

export const code = defineTaskNode<CodeConfig>({
  type: 'code',
  group: 'data',
  title: 'Code',
  summary: 'Runs a function in Python or JavaScript, where it can reach nothing but its inputs.',
  pool: 'default',
  timeoutSeconds: 120,
  repeatable: true,
  config: codeConfigSchema,
  reads: (config) =>
    config.variables.flatMap(({ value_selector }, index) =>
      selectorReference(value_selector, `variables[${index}].value_selector`),
    ),
  handles: () => ['source'],
  outputs: (config) => Object.keys(config.outputs),
});
