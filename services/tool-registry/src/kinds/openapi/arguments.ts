import type { Json, JsonObject } from '@treadle/workflow';

/** The arguments of a tool while they are collected from parameters and body. */
export class ToolArguments {
  readonly #properties = new Map<string, JsonObject>();
  readonly #required: string[] = [];

  /** Takes an argument in; one whose name is taken is called after its place, too. Returns the argument's name. */
  add(name: string, place: string, schema: JsonObject, required: boolean): string {
    let argument = name;
    if (this.#properties.has(argument)) argument = `${place}_${name}`;
    for (let copy = 2; this.#properties.has(argument); copy++) argument = `${place}_${name}_${copy}`;
    this.#properties.set(argument, schema);
    if (required) this.#required.push(argument);
    return argument;
  }

  schema(): JsonObject {
    return {
      type: 'object',
      properties: Object.fromEntries(this.#properties),
      ...(this.#required.length > 0 && { required: this.#required }),
      additionalProperties: false,
    };
  }
}

/** A schema with words of whoever uses it before its own. */
export function withDescription(schema: JsonObject, description: Json | undefined): JsonObject {
  return typeof description === 'string' && description.trim() !== '' ? { ...schema, description } : schema;
}
