import type { Json } from '@treadle/workflow';
import { JSONPathEnvironment, type JSONValue } from 'json-p3';
import { errorOutcome, textOutcome } from '../../domain/outcome.js';
import type { BuiltinTool } from '../../kinds/builtin/builtin-tool.js';
import { textOf } from '../../kinds/schema/text-of.js';

const mostValues = 10_000;
const longestJson = 4_000_000;

/** Queries are data: no part of one is run as code. Regular expressions are left out, since one could run for ever. */
const environment = new JSONPathEnvironment({ maxRecursionDepth: 200 });
environment.functionRegister.delete('match');
environment.functionRegister.delete('search');

/** Picks values out of JSON by a JSONPath of RFC 9535. */
export const jsonPath: BuiltinTool = {
  description:
    'Picks values out of a JSON document by a JSONPath (RFC 9535) such as $.orders[?@.total > 100].id. Gives a list of what it finds.',
  parameters: {
    type: 'object',
    properties: {
      json: { type: 'string', maxLength: longestJson, description: 'The document, as JSON text.' },
      path: { type: 'string', minLength: 1, maxLength: 1_000 },
    },
    required: ['json', 'path'],
    additionalProperties: false,
  },
  mutating: false,
  call: ({ json, path }) => {
    const document = parse(textOf(json));
    if (document === undefined) return errorOutcome('The document is no JSON. Give it as JSON text.');
    try {
      const found: Json[] = [];
      for (const node of environment.lazyQuery(textOf(path), document)) {
        if (found.length === mostValues)
          return errorOutcome(`The path finds more than ${mostValues} values. Ask for fewer.`);
        found.push(node.value as Json);
      }
      return textOutcome(JSON.stringify(found), found);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return errorOutcome(`The path cannot be used: ${reason.slice(0, 300)} Write it like $.items[0].name.`);
    }
  },
};

function parse(text: string): JSONValue | undefined {
  try {
    return JSON.parse(text) as JSONValue;
  } catch {
    return undefined;
  }
}
