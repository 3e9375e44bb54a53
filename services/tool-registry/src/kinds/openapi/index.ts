import { FailureError } from '@treadle/failure';
import type { ToolsetKind, ToolWorld } from '../../domain/toolset-kind.js';
import { callOperation } from './call.js';
import { discoverOperations } from './discover.js';
import { documentLimits, readOpenApiSource } from './openapi-source.js';

/** Every operation of an OpenAPI 3.0 or 3.1 document as a tool. */
export const openapi = {
  kind: 'openapi',
  discover: async (written, world) => {
    const source = readOpenApiSource(written);
    const text = source.document ?? (await fetchDocument(source.url ?? '', world));
    return discoverOperations(text, source);
  },
  call: (tool, _settings, args, world) => callOperation(tool, args, world),
} as const satisfies ToolsetKind;

async function fetchDocument(url: string, world: ToolWorld): Promise<string> {
  const answer = await world.http.send({
    method: 'GET',
    url,
    headers: [['accept', 'application/json, application/yaml;q=0.9, */*;q=0.8']],
    connectTimeoutSeconds: 10,
    readTimeoutSeconds: 30,
    maxBytes: documentLimits.maxBytes,
  });
  if (answer.status === 200) return answer.body;
  throw FailureError.of(
    'tool_source_invalid',
    `${new URL(url).host} answered the request for the OpenAPI document with status ${answer.status}. Check the address, or register the document's text.`,
    { field: 'url' },
  );
}
