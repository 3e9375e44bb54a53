import { z } from 'zod';

/** How one parameter is written into a request. */
const parameterPlanSchema = z.object({
  /** Its name in the request. */
  name: z.string(),
  in: z.enum(['path', 'query', 'header', 'cookie']),
  /** The tool's argument it is taken from. */
  argument: z.string(),
  style: z.enum(['simple', 'label', 'matrix', 'form', 'spaceDelimited', 'pipeDelimited', 'deepObject']),
  explode: z.boolean(),
  /** Whether characters that separate the parts of an address stay as they are. */
  allowReserved: z.boolean(),
  /** Whether the value is written as JSON instead of in a style. */
  asJson: z.boolean(),
});

/** How one field of a form is written. */
const fieldPlanSchema = z.object({
  /** Absent where the media type decides. */
  style: z.enum(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject']).optional(),
  explode: z.boolean(),
  contentType: z.string().optional(),
  /** Whether the argument is base64 of the bytes to be sent. */
  binary: z.boolean(),
});

const bodyPlanSchema = z.object({
  /** The argument that holds the whole body; its name in messages where the body is put together. */
  argument: z.string(),
  /** The argument of each of its properties, where the body is put together from arguments of their own. */
  properties: z.record(z.string(), z.string()).optional(),
  /** Whether it is sent even when nothing of it was given. */
  required: z.boolean(),
  /** As it is sent in `content-type`. */
  mediaType: z.string(),
  kind: z.enum(['json', 'urlencoded', 'multipart', 'text', 'binary']),
  /** Of forms; a field that is missing is plain. */
  fields: z.record(z.string(), fieldPlanSchema),
});

/** All that a call needs to know of its operation; kept as the tool's invocation. */
export const operationPlanSchema = z.object({
  method: z.string(),
  /** Where it is served, without a slash at the end. */
  server: z.string(),
  /** The template, for example `/pets/{petId}`. */
  path: z.string(),
  parameters: z.array(parameterPlanSchema),
  body: bodyPlanSchema.optional(),
  security: z.enum(['none', 'optional', 'required', 'any']),
});

export type ParameterPlan = z.infer<typeof parameterPlanSchema>;
export type FieldPlan = z.infer<typeof fieldPlanSchema>;
export type BodyPlan = z.infer<typeof bodyPlanSchema>;
export type OperationPlan = z.infer<typeof operationPlanSchema>;
