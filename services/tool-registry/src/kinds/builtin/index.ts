import type { DocumentReader } from '@treadle/documents';
import { FailureError } from '@treadle/failure';
import type { ProvidedKind } from '../../domain/toolset-kind.js';
import { builtinTools } from '../../tools/catalog.js';

/** The tools of our own: every tenant has them, without registering anything. */
export function makeBuiltinKind(documents: DocumentReader): ProvidedKind & { readonly kind: 'builtin' } {
  const tools = builtinTools(documents);
  return {
    kind: 'builtin',
    description: 'Tools that come with Treadle.',
    offered: async (_tenantId, only) =>
      Object.entries(tools)
        .filter(([name]) => only === undefined || only.includes(name))
        .map(([name, { description, parameters, mutating }]) => ({
          version: 1,
          tool: { name, description, parameters, mutating, repeatable: !mutating, invocation: {} },
        })),
    call: async ({ name }, _settings, args, world) => {
      const tool = tools[name];
      if (tool) return tool.call(args, world);
      throw FailureError.of('tool_not_found', `There is no built-in tool "${name}".`);
    },
    close: () => documents.close(),
  };
}
