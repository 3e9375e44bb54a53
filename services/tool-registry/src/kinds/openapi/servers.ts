import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { textOf } from '../schema/text-of.js';
import type { OpenApiSource } from './openapi-source.js';
import type { Operation } from './operations.js';

/**
 * Where an operation is served, without a slash at its end: what the source says, else the first server of the operation, its path or
 * the document. A relative one is resolved against the address the document came from.
 * @throws FailureError `tool_source_invalid` or `invalid_argument` where that gives no address.
 */
export function serverOf(root: JsonObject, { pathItem, operation }: Operation, source: OpenApiSource): string {
  if (source.server !== undefined) return checked(source.server, 'server');
  const written = [operation.servers, pathItem.servers, root.servers].map(firstServer).find((server) => server) ?? {
    url: '/',
  };
  const text = withVariables(written, source.serverVariables);
  if (URL.canParse(text)) return checked(text);
  if (source.url !== undefined && URL.canParse(text, source.url)) return checked(new URL(text, source.url).href);
  throw FailureError.of(
    'invalid_argument',
    `The document does not say where it is served ("${text.slice(0, 200)}" is no full address). Give the address as "server".`,
    { field: 'server' },
  );
}

function firstServer(servers: Json | undefined): JsonObject | undefined {
  const [first] = Array.isArray(servers) ? (servers as readonly Json[]) : [];
  return isJsonObject(first) && typeof first.url === 'string' ? first : undefined;
}

function withVariables(server: JsonObject, given: Readonly<Record<string, string>>): string {
  const variables = isJsonObject(server.variables) ? server.variables : {};
  return textOf(server.url).replaceAll(/\{([^{}]+)\}/g, (_whole, name: string) => {
    const variable = variables[name];
    const facts = isJsonObject(variable) ? variable : {};
    const chosen = Object.hasOwn(given, name) ? given[name] : facts.default;
    if (chosen === undefined) throw badVariable(name, 'has no default: give it a value');
    const value = textOf(chosen);
    if (Array.isArray(facts.enum) && !(facts.enum as readonly Json[]).map(textOf).includes(value)) {
      throw badVariable(name, `may be ${JSON.stringify(facts.enum).slice(0, 300)}, not "${value.slice(0, 100)}"`);
    }
    return value;
  });
}

function checked(text: string, field = 'document'): string {
  const url = new URL(text);
  if (!['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '' || url.search !== '') {
    throw FailureError.of('invalid_argument', `The server "${url.host}" must be a plain http or https address, without a name, a password or a query.`, { field }); // biome-ignore format: a sentence
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

const badVariable = (name: string, problem: string) =>
  FailureError.of('invalid_argument', `The variable "${name.slice(0, 100)}" of the server's address ${problem}.`, {
    field: `serverVariables.${name.slice(0, 100)}`,
  });
