import type { JsonObject } from '@treadle/workflow';
import { elementType } from '../variable-types.js';
import type { Parameter } from './parameter-extractor.descriptor.js';

/** The parameters as a JSON schema of an object that has them. */
export function parametersSchema(parameters: readonly Parameter[]): JsonObject {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, propertyOf(parameter)])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  };
}

function propertyOf({ type, description, options }: Parameter): JsonObject {
  return { ...typeOf(type, options ?? []), ...(description && { description }) };
}

function typeOf(type: string, options: readonly string[]): JsonObject {
  const element = elementType(type);
  if (element !== undefined) return { type: 'array', items: { type: element } };
  return type === 'select' ? { type: 'string', enum: options } : { type };
}
