import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import type { DiscoveredTool, Discovery } from './toolset-kind.js';

const mostTools = 5_000;
const toolName = /^[A-Za-z0-9_-]{1,64}$/;
const longestDescription = 8_000;
const largestSchema = 256 * 1024;
const mostWarnings = 100;

/**
 * What a kind found, with nothing in it that a later call would stumble over: tools that cannot be offered are left out with a warning.
 * @throws FailureError `tool_source_invalid` where nothing can be offered, or too much.
 */
export function checkDiscovery(found: Discovery): Discovery {
  if (found.tools.length > mostTools)
    throw FailureError.of(
      'tool_source_invalid',
      `The source offers ${found.tools.length} tools; a toolset has ${mostTools} at most. Choose some of them where its kind lets you, or split the source.`,
      { field: 'source' },
    );
  const tools = new Map<string, DiscoveredTool>();
  const warnings: string[] = [...found.warnings];
  for (const tool of found.tools) {
    const problem = tools.has(tool.name) ? 'another tool has the same name' : problemOf(tool);
    if (problem) warnings.push(`The tool "${tool.name.slice(0, 100)}" was left out: ${problem}.`);
    else tools.set(tool.name, { ...tool, description: clean(tool.description).slice(0, longestDescription) });
  }
  if (tools.size === 0)
    throw FailureError.of(
      'tool_source_invalid',
      `The source offers no tool that can be called.${warnings.length > 0 ? ` ${warnings.slice(0, 3).join(' ')}` : ''}`,
      { field: 'source' },
    );
  return {
    ...found,
    tools: [...tools.values()],
    hosts: [...new Set(found.hosts.map((host) => host.toLowerCase()))].sort(),
    warnings: shortened(warnings.map(clean)),
  };
}

function problemOf({ name, parameters }: DiscoveredTool): string | undefined {
  if (!toolName.test(name)) return 'its name is not of letters, digits, "_" and "-", 64 at most';
  if (parameters['type'] !== 'object') return 'its parameters are no object';
  const size = Buffer.byteLength(JSON.stringify(parameters));
  if (size > largestSchema) return `the schema of its parameters has ${size} bytes; ${largestSchema} are allowed`;
  return holdsReference(parameters) ? 'its schema holds references' : undefined;
}

function holdsReference(schema: Json): boolean {
  if (Array.isArray(schema)) return schema.some((item: Json) => holdsReference(item));
  if (!isJsonObject(schema)) return false;
  return typeof schema['$ref'] === 'string' || Object.values(schema).some(holdsReference);
}

function shortened(warnings: readonly string[]): string[] {
  const shown = warnings.slice(0, mostWarnings).map((warning) => warning.slice(0, 1_000));
  return warnings.length > mostWarnings ? [...shown, `… and ${warnings.length - mostWarnings} more.`] : shown;
}

/** PostgreSQL's texts hold no NUL. */
const clean = (text: string) => text.replaceAll('\0', '');

/** The same for JSON: no text in it, nor any name, holds a NUL. */
export function withoutNul(value: JsonObject): JsonObject {
  const text = JSON.stringify(value);
  return text.includes('\\u0000')
    ? (JSON.parse(text.replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1')) as JsonObject)
    : value;
}
