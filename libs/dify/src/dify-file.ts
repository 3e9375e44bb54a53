import { z } from 'zod';

/** Ids are numbers in some files. */
const idSchema = z.union([z.string(), z.number()]).transform(String);

const text = z.string().nullish();
const json = z.record(z.string(), z.json());

const nodeSchema = z.looseObject({
  id: idSchema,
  /** What the canvas draws: `custom`, `custom-note`, `custom-iteration-start` … The kind of node is `data.type`. */
  type: text,
  parentId: idSchema.nullish(),
  position: z.looseObject({ x: z.number(), y: z.number() }).nullish(),
  width: z.number().nullish(),
  height: z.number().nullish(),
  data: json.nullish(),
});

const edgeSchema = z.looseObject({ source: idSchema, sourceHandle: idSchema.nullish(), target: idSchema });

const variableSchema = z.looseObject({
  name: z.string(),
  value_type: text,
  value: z.json().nullish(),
  description: text,
});

const workflowSchema = z.looseObject({
  graph: z.looseObject({ nodes: z.array(nodeSchema), edges: z.array(edgeSchema).nullish(), viewport: json.nullish() }),
  features: json.nullish(),
  environment_variables: z.array(variableSchema).nullish(),
  conversation_variables: z.array(variableSchema).nullish(),
});

const modelConfigSchema = z.looseObject({
  pre_prompt: text,
  prompt_type: text,
  chat_prompt_config: z.looseObject({ prompt: z.array(z.looseObject({ role: text, text })).nullish() }).nullish(),
  completion_prompt_config: z.looseObject({ prompt: z.looseObject({ text }).nullish() }).nullish(),
  user_input_form: z.array(z.record(z.string(), z.json())).nullish(),
  model: json.nullish(),
  agent_mode: json.nullish(),
  dataset_configs: json.nullish(),
  file_upload: json.nullish(),
});

/** What is read of a Dify app file; everything else in it is let through. */
export const difyFileSchema = z.looseObject({
  version: z.union([z.string(), z.number()]).transform(String).nullish(),
  kind: text,
  app: z.object({ name: text, mode: text, description: text }).catchall(z.json()).nullish(),
  dependencies: z.array(z.json()).nullish(),
  workflow: workflowSchema.nullish(),
  model_config: modelConfigSchema.nullish(),
});

export type DifyFile = z.infer<typeof difyFileSchema>;
export type DifyNode = z.infer<typeof nodeSchema>;
export type DifyEdge = z.infer<typeof edgeSchema>;
export type DifyVariable = z.infer<typeof variableSchema>;
export type DifyWorkflow = z.infer<typeof workflowSchema>;
export type DifyModelConfig = z.infer<typeof modelConfigSchema>;
