import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import type { DiscoveredTool, Discovery } from '../../domain/toolset-kind.js';
import { inlineSchema } from '../schema/inline-schema.js';
import { References } from '../schema/references.js';
import { SchemaBudget } from '../schema/schema-budget.js';
import { textOf } from '../schema/text-of.js';
import { ToolNames } from '../schema/tool-names.js';
import type { McpSource } from './mcp-source.js';
import type { Ask } from './with-session.js';

const mostTools = 500;
/** Of a server's whole list, where only some of its tools were asked for. */
const mostListed = 10_000;
const mostPages = 1_000;
const longestDescription = 1_024;

/**
 * Lists a server's tools, page by page.
 * @throws FailureError `limit_exceeded` above 500 tools with what to do, `tool_source_invalid` for one asked for that is not there.
 */
export async function listTools(ask: Ask, source: McpSource): Promise<Discovery> {
  const listed = await allPages(ask, source);
  const chosen = source.tools.length === 0 ? listed : listed.filter((tool) => source.tools.includes(nameOf(tool)));
  const missing = source.tools.find((wanted) => !chosen.some((tool) => nameOf(tool) === wanted));
  if (missing !== undefined) {
    throw FailureError.of('invalid_argument', `The MCP server has no tool "${missing.slice(0, 200)}". It has: ${names(listed)}.`, { field: 'tools' }); // biome-ignore format: a sentence
  }
  const maker = new ToolMaker();
  const tools = chosen.flatMap((tool) => maker.make(tool));
  if (tools.length === 0) {
    throw FailureError.of('tool_source_invalid', `The MCP server at ${new URL(source.url).host} offers no tool that can be called. ${maker.warnings.slice(0, 3).join(' ')}`.trim()); // biome-ignore format: a sentence
  }
  return { tools, hosts: [new URL(source.url).host], warnings: maker.warnings, settings: { url: source.url } };
}

async function allPages(ask: Ask, source: McpSource): Promise<Json[]> {
  const most = source.tools.length === 0 ? mostTools : mostListed;
  const seen = new Set<string>();
  const tools: Json[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask('tools/list', cursor === undefined ? {} : { cursor });
    if (!Array.isArray(page.tools)) throw lies(source, 'lists its tools without a list');
    tools.push(...(page.tools as readonly Json[]));
    if (tools.length > most) throw tooMany(source, most, tools);
    cursor = typeof page.nextCursor === 'string' ? page.nextCursor : undefined;
    if (cursor !== undefined && (seen.has(cursor) || seen.size > mostPages))
      throw lies(source, 'lists its tools without end');
    if (cursor !== undefined) seen.add(cursor);
  } while (cursor !== undefined);
  return tools;
}

/** Turns what a server says of its tools into tools; one that cannot be called is left out with a sentence. */
class ToolMaker {
  readonly warnings: string[] = [];
  readonly #names = new ToolNames();
  readonly #budget = new SchemaBudget();

  make(listed: Json): DiscoveredTool[] {
    const name = nameOf(listed);
    if (!isJsonObject(listed) || name === '') return this.#leaveOut('A tool', 'it has no name');
    const { inputSchema, outputSchema } = listed;
    if (!isJsonObject(inputSchema) || (inputSchema.type ?? 'object') !== 'object') {
      return this.#leaveOut(`The tool "${name}"`, 'the schema of its arguments is not that of an object');
    }
    try {
      this.#budget.nextTool();
      const parameters = { ...this.#written(inputSchema), type: 'object' };
      const output: JsonObject = isJsonObject(outputSchema) ? { outputSchema: this.#written(outputSchema) } : {};
      return [this.#tool(listed, name, parameters, { name, ...output })];
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.code !== 'tool_source_invalid') throw error;
      return this.#leaveOut(`The tool "${name}"`, error.message);
    }
  }

  #tool(listed: JsonObject, name: string, parameters: JsonObject, invocation: JsonObject): DiscoveredTool {
    const hints = isJsonObject(listed.annotations) ? listed.annotations : {};
    const description = textOf(listed.description) || textOf(listed.title) || textOf(hints.title);
    return {
      name: this.#names.name(name),
      description: description.slice(0, longestDescription),
      parameters,
      mutating: hints.readOnlyHint !== true,
      repeatable: hints.readOnlyHint === true || hints.idempotentHint === true,
      invocation,
    };
  }

  #written = (schema: JsonObject) =>
    inlineSchema(schema, { references: new References(schema), budget: this.#budget, dialect: '2020-12' });

  #leaveOut(what: string, reason: string): [] {
    this.warnings.push(`${what.slice(0, 150)} was left out: ${reason}`);
    return [];
  }
}

const nameOf = (tool: Json) => (isJsonObject(tool) ? textOf(tool.name) : '');

function names(tools: readonly Json[]): string {
  const shown = tools.slice(0, 30).map((tool) => nameOf(tool).slice(0, 60));
  return `${shown.join(', ')}${tools.length > shown.length ? ', …' : ''}`;
}

const tooMany = (source: McpSource, most: number, tools: readonly Json[]) =>
  FailureError.of('limit_exceeded', `The MCP server at ${new URL(source.url).host} lists more than ${most} tools. Choose some with "tools", for example ${nameOf(tools[0] ?? null).slice(0, 60)}.`, { field: 'tools' }); // biome-ignore format: a sentence

const lies = (source: McpSource, what: string) =>
  FailureError.of('tool_answer_invalid', `The MCP server at ${new URL(source.url).host} ${what}. Its operator has to mend it.`); // biome-ignore format: a sentence
