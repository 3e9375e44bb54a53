import { type InputVariable, startConfigSchema } from '@treadle/nodes';
import { isJsonObject, type Json, type JsonObject, type WorkflowDocument } from '@treadle/workflow';

/** What a workflow's start node declares, as a tool takes it. */
export function parametersOf({ nodes, kind }: WorkflowDocument): JsonObject {
  const config = startConfigSchema.safeParse(nodes.find(({ type }) => type === 'start')?.config ?? {});
  const variables = config.data?.variables ?? [];
  const chat = kind === 'chat';
  const query = { type: 'string', description: 'What is asked.' };
  return {
    type: 'object',
    properties: {
      ...(chat && { query }),
      ...Object.fromEntries(variables.map((variable) => [variable.variable, schemaOf(variable)])),
    },
    required: [...(chat ? ['query'] : []), ...variables.filter(isNeeded).map(({ variable }) => variable)],
    additionalProperties: false,
  };
}

const isNeeded = ({ required, default: preset }: InputVariable) => required && (preset ?? null) === null;

function schemaOf({
  type,
  label,
  variable,
  options,
  max_length,
  json_schema,
  default: preset,
}: InputVariable): JsonObject {
  const described = { description: label ?? variable, ...((preset ?? null) !== null && { default: preset as Json }) };
  switch (type) {
    case 'text-input':
    case 'paragraph':
      return { type: 'string', ...(max_length && { maxLength: max_length }), ...described };
    case 'select':
      return { type: 'string', ...(options && options.length > 0 && { enum: options }), ...described };
    case 'number':
      return { type: 'number', ...described };
    case 'checkbox':
      return { type: 'boolean', ...described };
    case 'file':
      return { type: 'object', ...described };
    case 'file-list':
      return { type: 'array', items: { type: 'object' }, ...described };
    case 'json_object':
      return { ...objectSchema(json_schema), ...described };
  }
}

/** The run itself checks against the whole schema; here it may hold no references. */
function objectSchema(schema: InputVariable['json_schema']): JsonObject {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema ?? {});
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) && !text.includes('"$ref"') ? { ...value, type: 'object' } : { type: 'object' };
  } catch {
    return { type: 'object' };
  }
}
