import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { selectorReference, selectorSchema, textReferences } from '../fields.js';
import { memorySchema, windowOf } from '../memory.js';
import { modelSchema } from '../model/model-settings.js';
import { visionReads, visionSchema } from '../model/vision.js';

const classSchema = z.object({
  /** The branch that is taken for it. */
  id: z.string().min(1),
  /** What the model goes by: a word or a description. */
  name: z.string(),
  /** What people call it; the name when absent. */
  label: z.string().nullish(),
});

export const questionClassifierConfigSchema = z.object({
  query_variable_selector: selectorSchema,
  model: modelSchema,
  /** The first is taken when the model names none. */
  classes: z
    .tuple([classSchema], classSchema)
    .refine((classes) => new Set(classes.map(({ id }) => id)).size === classes.length, {
      message: 'Two classes have the same id. Give each its own.',
    }),
  /** How to decide, in words. */
  instruction: z.string().default(''),
  memory: memorySchema.nullish(),
  vision: visionSchema.nullish(),
});

export type QuestionClassifierConfig = z.infer<typeof questionClassifierConfigSchema>;
export type QuestionClass = z.infer<typeof classSchema>;

export const questionClassifier = defineTaskNode<QuestionClassifierConfig>({
  type: 'question-classifier',
  group: 'model',
  title: 'Question classifier',
  summary: 'Asks a language model which of its classes a text belongs to, and takes the branch of that class.',
  pool: 'default',
  timeoutSeconds: 600,
  config: questionClassifierConfigSchema,
  reads: ({ query_variable_selector, classes, instruction, vision }) => [
    ...selectorReference(query_variable_selector, 'query_variable_selector'),
    ...classes.flatMap(({ name }, index) => textReferences(name, `classes[${index}].name`)),
    ...textReferences(instruction, 'instruction'),
    ...visionReads(vision),
  ],
  handles: ({ classes }) => classes.map(({ id }) => id),
  outputs: () => ['class_name', 'class_label', 'class_id', 'usage'],
  history: ({ memory }) => (memory ? windowOf(memory) : undefined),
});
