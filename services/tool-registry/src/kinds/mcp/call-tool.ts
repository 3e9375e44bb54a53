import { isJsonObject, type JsonObject } from '@treadle/workflow';
import { errorOutcome } from '../../domain/outcome.js';
import type { CallWorld, DiscoveredTool, ToolOutcome } from '../../domain/toolset-kind.js';
import { textOf } from '../schema/text-of.js';
import { RpcError } from './json-rpc.js';
import { readResult } from './read-result.js';
import type { SessionPool } from './session-pool.js';
import { withSession } from './with-session.js';

/** Files travel in base64, and the words around them count, too. */
const room = (maxAnswerBytes: number) => Math.ceil(maxAnswerBytes * 1.4) + 65_536;

/** Calls a tool of an MCP server. That the server refuses the call, for its arguments for example, is an outcome that a model can read. */
export async function callTool(
  tool: DiscoveredTool,
  settings: JsonObject,
  args: JsonObject,
  world: CallWorld,
  pool: SessionPool,
): Promise<ToolOutcome> {
  const { name, outputSchema } = tool.invocation;
  const params = { name: textOf(name), arguments: args, _meta: { progressToken: 'progress' } };
  try {
    const result = await withSession(textOf(settings.url), world, room(world.maxAnswerBytes), pool, (ask) =>
      ask('tools/call', params),
    );
    return readResult(tool.name, result, isJsonObject(outputSchema) ? outputSchema : undefined);
  } catch (error) {
    if (error instanceof RpcError) return errorOutcome(`The server refuses the call: ${error.message} (${error.code})`);
    throw error;
  }
}
