import type { Workflow, WorkflowServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import { documentSchema } from '@treadle/workflow';
import type { ProvidedTool } from '../../domain/toolset-kind.js';
import { parametersOf } from './parameters.js';

export type Workflows = Pick<Handlers<WorkflowServiceService>, 'getWorkflow' | 'listWorkflows'>;

/** More workflows than this are found by their ids only. */
const mostListed = 1_000;
/** A run knows itself when it must end, and so does the node that waits for it. */
const longestRunMs = 3_600_000;
const atOnce = 8;
const longestName = 64;

/** Published workflows as tools: by name, as far as names allow, and by id. */
export class WorkflowTools {
  constructor(private readonly workflows: Workflows) {}

  async offered(tenantId: string, only: readonly string[] | undefined, version: number): Promise<ProvidedTool[]> {
    const listed = only?.every(isId) ? [] : await this.published(tenantId);
    const names = toolNames(listed);
    const wanted =
      only?.map((name) => ({ name, id: isId(name) ? name : names.get(name) })) ??
      [...names].map(([name, id]) => ({ name, id }));
    const tools: ProvidedTool[] = [];
    for (let from = 0; from < wanted.length; from += atOnce) {
      const some = wanted.slice(from, from + atOnce).map(({ name, id }) => this.tool(tenantId, name, id, version));
      tools.push(...(await Promise.all(some)).filter((tool) => tool !== undefined));
    }
    return tools;
  }

  private async published(tenantId: string): Promise<Workflow[]> {
    const found: Workflow[] = [];
    let cursor = '';
    do {
      const page = await this.workflows.listWorkflows({ tenantId, cursor, limit: 100 });
      found.push(...page.workflows.filter(({ publishedVersion }) => publishedVersion > 0));
      cursor = page.nextCursor;
    } while (cursor !== '' && found.length < mostListed);
    return found;
  }

  private async tool(tenantId: string, name: string, id = '', asked = 0): Promise<ProvidedTool | undefined> {
    if (id === '') return undefined;
    const found = await this.read(tenantId, id, asked);
    const version = found?.workflow?.publishedVersion ?? 0;
    if (version === 0) return undefined;
    const wanted = asked || version;
    const right = found?.version?.version === wanted ? found : await this.read(tenantId, id, wanted);
    const source = right?.version?.source;
    if (!source) return undefined;
    const document = documentSchema.parse(JSON.parse(source.documentJson));
    const description = document.description || `Runs the workflow "${document.name}".`;
    return {
      version: wanted,
      timeoutMs: longestRunMs,
      tool: {
        ...{ name, description, parameters: parametersOf(document) },
        // Whatever a workflow does, it does once for one key: its start is.
        ...{ mutating: true, repeatable: true },
        invocation: { workflowId: id, chat: document.kind === 'chat' },
      },
    };
  }

  private async read(tenantId: string, workflowId: string, version: number) {
    try {
      return await this.workflows.getWorkflow({ tenantId, workflowId, version });
    } catch (error) {
      if (error instanceof FailureError && error.failure.code === 'not_found') return undefined;
      throw error;
    }
  }
}

const isId = (name: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);

/** Two workflows of one name are told apart by the beginning of their ids. */
function toolNames(workflows: readonly Workflow[]): Map<string, string> {
  const sluggish = workflows.map(({ id, name }) => ({ id, slug: slugOf(name) }));
  const counts = new Map<string, number>();
  for (const { slug } of sluggish) counts.set(slug, (counts.get(slug) ?? 0) + 1);
  const named = sluggish.map(({ id, slug }) => [counts.get(slug) === 1 ? slug : withId(slug, id), id] as const);
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const withId = (slug: string, id: string) => `${slug.slice(0, longestName - 9)}_${id.slice(0, 8)}`;

function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/[^\w-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
  return slug.slice(0, longestName) || 'workflow';
}
