import type { DiscoveredTool, Discovery } from '../../domain/toolset-kind.js';
import { type InlineOptions } from '../schema/inline-schema.js';
import { SchemaBudget } from '../schema/schema-budget.js';
import { ToolNames } from '../schema/tool-names.js';
import { ToolArguments } from './arguments.js';
import { readBody } from './body.js';
import { type OpenApiDocument, readOpenApiDocument } from './openapi-document.js';
import type { OpenApiSource } from './openapi-source.js';
import type { OperationPlan } from './operation-plan.js';
import { chosenOperations, describeOperation, type Operation, wishedName } from './operations.js';
import { readParameters } from './parameters.js';
import { describeSchemes, securityOf } from './security.js';
import { serverOf } from './servers.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Doing them twice is doing them once, says HTTP. */
const repeatableMethods = new Set([...safeMethods, 'PUT', 'DELETE']);

/**
 * Makes a tool of every operation that was chosen.
 * @throws FailureError where the document cannot be read, leads outside, is too large, or names no server.
 */
export function discoverOperations(text: string, source: OpenApiSource): Discovery {
  const document = readOpenApiDocument(text);
  const { references, dialect } = document;
  const options = { references, dialect, budget: new SchemaBudget() };
  const names = new ToolNames();
  const schemes = new Set<string>();
  const warnings: string[] = [];
  const tools = chosenOperations(document, source).map((operation) => {
    options.budget.nextTool();
    for (const scheme of securityOf(document, operation.operation).schemes) schemes.add(scheme);
    const tool = toTool(operation, names.name(wishedName(operation)), document, source, options);
    if (options.budget.cut) warnings.push(`Tool "${tool.name}": parts of its parameters are too large to be described and take any value.`); // biome-ignore format: a sentence
    return tool;
  });
  return {
    tools: tools.map(({ tool }) => tool),
    hosts: [...new Set(tools.map(({ host }) => host))],
    warnings: [...warnings, ...describeSchemes(document, schemes)],
    settings: {},
  };
}

function toTool(
  operation: Operation,
  name: string,
  document: OpenApiDocument,
  source: OpenApiSource,
  options: InlineOptions,
): { tool: DiscoveredTool; host: string; name: string } {
  const { method, path } = operation;
  const args = new ToolArguments();
  const parameters = readParameters(operation, args, options);
  const body = readBody(operation.operation.requestBody, args, options);
  const server = serverOf(document.root, operation, source);
  const { need } = securityOf(document, operation.operation);
  const plan: OperationPlan = { method, server, path, parameters: [...parameters.plans], ...(body && { body }), security: need }; // biome-ignore format: one thought
  const tool = {
    name,
    description: describeOperation(operation),
    parameters: args.schema(),
    mutating: !safeMethods.has(method),
    repeatable: repeatableMethods.has(method) || parameters.takesIdempotencyKey,
    invocation: plan,
  };
  return { tool, host: new URL(server).host, name };
}
