import type { ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';
import type { Page, Workflow } from './api-types.js';
import { CliError, usageError } from './cli-error.js';
import { exitCodes } from './exit-codes.js';
import { readPages } from './read-pages.js';

/** The workflow with this id or this name. A name that two workflows carry is refused with their ids. */
export async function findWorkflow(api: ApiClient, idOrName: string): Promise<Workflow> {
  const byId = await getWorkflow(api, idOrName);
  if (byId) return byId;
  const all = await readPages<Workflow>((cursor) =>
    api.send<Page<Workflow>>('/api/v1/workflows', { query: { cursor, limit: '100' } }),
  );
  const [first, ...others] = all.filter(({ name }) => name === idOrName);
  if (!first) throw notFound(idOrName);
  if (others.length === 0) return first;
  const ids = [first, ...others].map(({ id }) => `  ${id}`).join('\n');
  throw usageError(`${others.length + 1} workflows are named "${idOrName}". Give the id of one of them:\n${ids}`);
}

/** What may be an id is asked for directly; everything else is a name. */
async function getWorkflow(api: ApiClient, id: string): Promise<Workflow | undefined> {
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(id)) return undefined;
  try {
    return await api.send<Workflow>(`/api/v1/workflows/${encodeURIComponent(id)}`);
  } catch (error) {
    // 400 says that it cannot be an id; it may still be a name.
    if (error instanceof ApiError && (error.status === 404 || error.status === 400)) return undefined;
    throw error;
  }
}

function notFound(idOrName: string): CliError {
  return new CliError(
    `There is no workflow with the id or the name "${idOrName}". \`treadle workflows list\` shows those there are.`,
    exitCodes.refused,
  );
}
