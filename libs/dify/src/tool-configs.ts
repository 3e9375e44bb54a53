import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { listOf, selectorOf, textOf } from './dify-values.js';

/** Takes a sentence about a node for whoever imports it. */
export type Warn = (message: string) => void;

/** A tool of ours that does what one of Dify's does. */
interface SameTool {
  readonly tool: string;
  /** Names of arguments that have another one here; null for those that mean nothing here. */
  readonly arguments?: Readonly<Record<string, string | null>>;
  /** What comes out differently. */
  readonly differs?: string;
}

/** By the last part of the provider's name and the name of the tool. */
const sameTools: Readonly<Record<string, SameTool>> = {
  'maths/eval_expression': { tool: 'calculator' },
  'time/current_time': {
    tool: 'current_time',
    arguments: { format: null },
    differs: 'It gives the time as ISO 8601, like 2026-01-31T12:00:00+01:00, whatever format was set.',
  },
  'webscraper/webscraper': {
    tool: 'read_web_page',
    arguments: { generate_summary: null, user_agent: null },
  },
};

/** A tool as files of Dify name it, in a node of its own and in the list of an agent alike. */
export interface NamedTool {
  readonly toolset: string;
  readonly tool: string;
  readonly arguments: JsonObject;
}

export function translateTool(config: JsonObject, warn: Warn): JsonObject {
  const { tool_configurations: settings, tool_parameters: parameters } = config;
  return { ...namedTool(config, [settings, parameters], warn), json_as_list: true } satisfies NamedTool & JsonObject;
}

/**
 * Finds the tool that is meant: one of ours where it is of the same kind, else the one that will have been registered.
 * @param given what was set, as Dify's forms write it
 */
export function namedTool(config: JsonObject, given: readonly (Json | undefined)[], warn: Warn): NamedTool {
  const names = [config.provider_id, config.provider_name, config.provider].map(textOf).filter((name) => name !== '');
  const tool = textOf(config.tool_name);
  const values = Object.assign({}, ...given.map(argumentsOf)) as JsonObject;
  const same = names.map((name) => sameTools[`${lastPart(name)}/${tool}`]).find((found) => found !== undefined);
  if (same === undefined) {
    const toolset = toolsetOf(config, names);
    warn(howToRegister(textOf(config.provider_type) || textOf(config.type), toolset, tool));
    return { toolset, tool, arguments: values };
  }
  if (same.differs !== undefined) warn(same.differs);
  return { toolset: 'builtin', tool: same.tool, arguments: renamed(values, same.arguments ?? {}) };
}

function renamed(values: JsonObject, names: NonNullable<SameTool['arguments']>): JsonObject {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const known = Object.hasOwn(names, name) ? names[name] : name;
      return known == null ? [] : [[known, value] as const];
    }),
  );
}

/** Providers that are nobody's names, such as an id of an installation, are named by what people call them. */
function toolsetOf(config: JsonObject, names: readonly string[]): string {
  if (config.provider_type === 'workflow') return 'workflow';
  const isOpaque = (name: string) => /^[0-9a-f-]{32,36}$/i.test(name);
  const name = names.map(lastPart).find((one) => !isOpaque(one)) ?? names[0] ?? 'unknown';
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, '_').slice(0, 64) || 'unknown';
}

/** `langgenius/time/time` is the tool provider `time` of the plugin `time`. */
function lastPart(name: string): string {
  return name.split('/').at(-1) ?? name;
}

function howToRegister(kind: string, toolset: string, tool: string): string {
  const named = `It calls the tool "${tool}" of "${toolset}"`;
  switch (kind) {
    case 'api':
      return `${named}. Register its OpenAPI document as a toolset of that name, under Tools.`;
    case 'mcp':
      return `${named}. Register its MCP server as a toolset of that name, under Tools.`;
    case 'workflow':
      return `It calls the workflow "${tool}" as a tool. Import that workflow too and publish it as a tool of that name.`;
    default:
      return `${named}, a plugin that does not exist here. Register a toolset of that name with such a tool under Tools (an OpenAPI document or an MCP server), or choose another tool.`;
  }
}

/** Forms write values bare, as `{ type, value }`, as `{ value: … }`, or say with `auto` that the model sets them. */
function argumentsOf(given: Json | undefined): JsonObject {
  if (!isJsonObject(given)) return {};
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      const argument = argumentOf(value);
      return argument === undefined || name === '' ? [] : [[name, argument] as const];
    }),
  );
}

function argumentOf(value: Json): JsonObject | undefined {
  if (value === null || value === '') return undefined;
  if (!isJsonObject(value) || !('value' in value)) return constant(value);
  const { type, value: inner = null, auto } = value;
  if (auto === 1 || auto === true) return undefined;
  if (isJsonObject(inner) && 'value' in inner) return argumentOf(inner);
  if (inner === null || inner === '') return undefined;
  if (type === 'variable') return { type, value: selectorOf(inner) };
  return type === 'mixed' || typeof inner === 'string' ? { type: 'mixed', value: textWritten(inner) } : constant(inner);
}

function constant(value: Json): JsonObject {
  return typeof value === 'string' ? { type: 'mixed', value } : { type: 'constant', value };
}

function textWritten(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a parameter of an agent says, as a text with references. */
export function textOfParameter(parameter: Json | undefined): string {
  if (!isJsonObject(parameter)) return textOf(parameter);
  const { type, value } = parameter;
  if (type === 'variable' || Array.isArray(value)) {
    const selector = listOf(selectorOf(value)).map(textOf);
    return selector.length > 1 ? `{{#${selector.join('.')}#}}` : '';
  }
  return textOf(value);
}
