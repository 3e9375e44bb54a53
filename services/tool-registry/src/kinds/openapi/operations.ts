import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { textOf } from '../schema/text-of.js';
import type { OpenApiDocument } from './openapi-document.js';
import type { OpenApiSource } from './openapi-source.js';

/** `trace` echoes requests with their credentials, so it is no tool. */
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
/** More would neither be read by a person nor fit a model's request. */
const mostTools = 500;
const longestDescription = 1024;

export interface Operation {
  /** Upper case. */
  readonly method: string;
  readonly path: string;
  readonly pathItem: JsonObject;
  readonly operation: JsonObject;
}

/**
 * The operations of a document that were asked for.
 * @throws FailureError `limit_exceeded` with what to do above 500, `invalid_argument` for one that was asked for and does not exist.
 */
export function chosenOperations(document: OpenApiDocument, source: OpenApiSource): Operation[] {
  const all = allOperations(document);
  if (all.length === 0) throw invalid('The OpenAPI document has no operations, so there is nothing to call.');
  const unknown = source.operations.find((wanted) => !all.some((operation) => isNamed(operation, wanted)));
  if (unknown !== undefined) {
    throw FailureError.of('invalid_argument', `The document has no operation "${unknown.slice(0, 200)}". Write an operationId, or a method and a path like "GET /pets".`, { field: 'operations' }); // biome-ignore format: a sentence
  }
  const chosen = all.filter((operation) => isChosen(operation, source));
  if (chosen.length === 0) {
    throw FailureError.of('invalid_argument', `No operation has a tag of ${JSON.stringify(source.tags)}. ${tagsOf(all)}`, { field: 'tags' }); // biome-ignore format: a sentence
  }
  if (chosen.length <= mostTools) return chosen;
  throw FailureError.of(
    'limit_exceeded',
    `The document has ${chosen.length} operations, and a toolset may have ${mostTools} tools. Choose some with "operations" or "tags". ${tagsOf(chosen)}`,
    { field: 'operations', details: { operations: chosen.length, most: mostTools } },
  );
}

/** The name a document gives an operation, or one made of its method and path. */
export function wishedName({ method, path, operation }: Operation): string {
  if (typeof operation.operationId === 'string' && operation.operationId.trim() !== '') return operation.operationId;
  return `${method.toLowerCase()}${path.replaceAll(/[{}]/g, '')}`;
}

export function describeOperation({ method, path, operation }: Operation): string {
  const sentences = [operation.deprecated === true ? 'Deprecated.' : '', operation.summary, operation.description];
  const written = sentences.filter((text): text is string => typeof text === 'string' && text.trim() !== '');
  const text = [...new Set(written.map((sentence) => sentence.trim()))].join('\n') || `${method} ${path}`;
  return text.length > longestDescription ? `${text.slice(0, longestDescription - 1)}…` : text;
}

function allOperations({ root, references }: OpenApiDocument): Operation[] {
  return Object.entries(root.paths as JsonObject).flatMap(([path, written]) => {
    const pathItem = path.startsWith('/') ? references.follow(written).value : undefined;
    if (!isJsonObject(pathItem)) return [];
    return methods.flatMap((method) => {
      const operation = pathItem[method];
      return isJsonObject(operation) ? [{ method: method.toUpperCase(), path, pathItem, operation }] : [];
    });
  });
}

function isChosen(operation: Operation, { operations, tags }: OpenApiSource): boolean {
  if (operations.length > 0 && !operations.some((wanted) => isNamed(operation, wanted))) return false;
  return tags.length === 0 || tags.some((tag) => tagNames(operation).includes(tag));
}

const isNamed = ({ method, path, operation }: Operation, wanted: string) =>
  operation.operationId === wanted || `${method} ${path}` === wanted.replace(/^\w+/, (verb) => verb.toUpperCase());

function tagNames({ operation }: Operation): readonly Json[] {
  return Array.isArray(operation.tags) ? (operation.tags as readonly Json[]) : [];
}

function tagsOf(operations: readonly Operation[]): string {
  const counts = new Map<string, number>();
  for (const tag of operations.flatMap(tagNames).map(textOf)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  if (counts.size === 0) return 'It has no tags.';
  const most = [...counts].sort(([, one], [, other]) => other - one).slice(0, 20);
  return `Its tags: ${most.map(([tag, count]) => `${tag.slice(0, 60)} (${count})`).join(', ')}${counts.size > 20 ? ', …' : ''}.`;
}

const invalid = (message: string) => FailureError.of('tool_source_invalid', message);
