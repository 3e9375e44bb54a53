import { z } from 'zod';
import { jsonObject, modeSchema } from './run.schemas.js';

/** What can be changed of a run that is continued. */
const changes = {
  inputs: jsonObject.default({}).meta({
    description: 'Replaces inputs of these names. Nodes that are finished keep what they gave.',
  }),
  variables: jsonObject
    .default({})
    .meta({ description: 'What the run finds in variables of the conversation of these names.' }),
  version: z
    .union([z.int().min(1).max(4_294_967_295), z.enum(['latest', 'published'])])
    .optional()
    .meta({
      description: 'Goes on with this version, which has to agree about what is finished. Without it: as before.',
    }),
  mode: modeSchema,
};

export const resumeRunSchema = z.strictObject(changes).prefault({}).meta({ id: 'ResumeRun' });

export const rerunRunSchema = z
  .strictObject({
    node: z.string().min(1).max(1000).meta({
      description: 'Key of the finished node to begin with, such as `llm` or `each[3]/llm`.',
    }),
    ...changes,
  })
  .meta({ id: 'RerunRun' });

export type ResumeRunBody = z.infer<typeof resumeRunSchema>;
export type RerunRunBody = z.infer<typeof rerunRunSchema>;
