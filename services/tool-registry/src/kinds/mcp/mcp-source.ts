import { FailureError } from '@treadle/failure';
import type { Json, JsonObject } from '@treadle/workflow';
import { z } from 'zod';

/** How a toolset of an MCP server is registered. */
const sourceSchema = z.strictObject({
  /** The address of the server's streamable HTTP endpoint, for example `https://example.com/mcp`. */
  url: z.url({ protocol: /^https?$/ }),
  /** Only the tools with these names, as the server spells them. Empty for all. */
  tools: z.array(z.string()).default([]),
});

export type McpSource = z.output<typeof sourceSchema>;

/** @throws FailureError `invalid_argument` with the field of the source at fault. */
export function readMcpSource(source: JsonObject): McpSource {
  const parsed = sourceSchema.safeParse(source satisfies Json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw FailureError.of('invalid_argument', `The source of an MCP toolset: ${field}: ${issue?.message ?? 'invalid'}.`, { field }); // biome-ignore format: one thought
}
