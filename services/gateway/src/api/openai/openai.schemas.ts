import { z } from 'zod';

/** What the official clients send, as far as it is looked at; other settings go to the model as they are. */

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() });
const imagePart = z.looseObject({
  type: z.literal('image_url'),
  image_url: z.looseObject({ url: z.string(), detail: z.string().default('') }),
});
const content = z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, imagePart])), z.null()]);

const toolCall = z.looseObject({
  id: z.string().min(1),
  type: z.literal('function').default('function'),
  function: z.looseObject({ name: z.string().min(1), arguments: z.string() }),
});

const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: content.optional(),
  tool_calls: z.array(toolCall).nullish(),
  tool_call_id: z.string().optional(),
});

const jsonObject = z.record(z.string(), z.unknown());

const tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string(),
    description: z.string().nullish(),
    parameters: jsonObject.nullish(),
    strict: z.boolean().nullish(),
  }),
});

const toolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({ name: z.string(), schema: jsonObject.nullish(), strict: z.boolean().nullish() }),
  }),
]);

const model = z.string().min(1).max(400).meta({ description: 'A route, `provider/model`, or a model.' });

export const chatCompletionSchema = z
  .looseObject({
    model,
    messages: z.array(message).min(1),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    n: z.literal(1, 'One answer at a time is what there is').nullish(),
    tools: z.array(tool).nullish(),
    tool_choice: toolChoice.nullish(),
    response_format: responseFormat.nullish(),
    reasoning_effort: z.string().nullish(),
  })
  .meta({ id: 'OpenAiChatCompletionRequest' });

export type ChatCompletionBody = z.output<typeof chatCompletionSchema>;
export type OpenAiMessage = z.output<typeof message>;
export type OpenAiTool = z.output<typeof tool>;

export const embeddingsSchema = z
  .looseObject({
    model,
    input: z.union([z.string(), z.array(z.string()).min(1).max(2048)], 'The input is a text or a list of texts'),
    dimensions: z.int().min(1).max(100_000).nullish(),
    encoding_format: z.enum(['float', 'base64']).nullish(),
  })
  .meta({ id: 'OpenAiEmbeddingsRequest' });

export type EmbeddingsBody = z.output<typeof embeddingsSchema>;
