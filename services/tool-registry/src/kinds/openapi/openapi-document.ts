import { FailureError } from '@treadle/failure';
import { isJsonObject, type JsonObject, parseDocument } from '@treadle/workflow';
import { References } from '../schema/references.js';
import { documentLimits } from './openapi-source.js';

/** A document whose version we know; nothing else of it was checked. */
export interface OpenApiDocument {
  readonly root: JsonObject;
  readonly references: References;
  /** Which words its schemas use. */
  readonly dialect: 'openapi-3.0' | '2020-12';
}

/**
 * Reads the text of an OpenAPI 3.0 or 3.1 document, JSON or YAML.
 * @throws FailureError `payload_too_large`, `invalid_document` with line and column, `tool_source_invalid` for another kind of document.
 */
export function readOpenApiDocument(text: string): OpenApiDocument {
  const root = parseDocument(text, documentLimits);
  if (!isJsonObject(root)) throw invalid('The document is not an OpenAPI document: it is no object.');
  const version = root.openapi;
  if (typeof version !== 'string') throw invalid(otherKind(root));
  if (!/^3\.[01](\.|$)/.test(version)) {
    throw invalid(`The document says it is OpenAPI ${version.slice(0, 20)}. Versions 3.0 and 3.1 are understood.`);
  }
  if (!isJsonObject(root.paths)) throw invalid('The OpenAPI document has no "paths", so there is nothing to call.');
  return { root, references: new References(root), dialect: version.startsWith('3.0') ? 'openapi-3.0' : '2020-12' };
}

const otherKind = (root: JsonObject) =>
  root.swagger === undefined
    ? 'The document is not an OpenAPI document: it has no "openapi" field with its version.'
    : `The document is Swagger ${JSON.stringify(root.swagger)}. Convert it to OpenAPI 3 first, for example with converter.swagger.io or swagger2openapi.`;

const invalid = (message: string) => FailureError.of('tool_source_invalid', message);
