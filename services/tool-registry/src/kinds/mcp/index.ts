import { FailureError } from '@treadle/failure';
import type { ToolsetKind } from '../../domain/toolset-kind.js';
import { callTool } from './call-tool.js';
import { RpcError } from './json-rpc.js';
import { listTools } from './list-tools.js';
import { readMcpSource } from './mcp-source.js';
import { SessionPool } from './session-pool.js';
import { withSession } from './with-session.js';

/** Of a whole list of tools. */
const mostListBytes = 10_000_000;

/** The tools of servers that speak the Model Context Protocol over streamable HTTP. */
export function makeMcp(pool = new SessionPool()): ToolsetKind & { readonly kind: 'mcp' } {
  return {
    kind: 'mcp',
    discover: async (written, world) => {
      const source = readMcpSource(written);
      try {
        return await withSession(source.url, world, mostListBytes, pool, (ask) => listTools(ask, source));
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        throw FailureError.of('tool_source_invalid', `The MCP server at ${new URL(source.url).host} does not list its tools: ${error.message} (${error.code}).`, { field: 'url' }); // biome-ignore format: a sentence
      }
    },
    call: (tool, settings, args, world) => callTool(tool, settings, args, world, pool),
    close: () => pool.close(),
  };
}
