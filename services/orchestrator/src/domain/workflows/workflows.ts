import type { WorkflowSource } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import {
  type Catalog,
  type Compilation,
  compile,
  type Diagnostic,
  documentSchema,
  type Plan,
  type WorkflowDocument,
  workflowsCalledBy,
} from '@treadle/workflow';
import { LRUCache } from 'lru-cache';
import type { Entries } from '../entries/entries.js';
import type { WebhookRow } from '../entries/webhook.repository.js';
import type { PlanId, PlanSource } from '../runs/plan-source.js';
import { checkedWorkflowId, isWorkflowId, newWorkflowId } from '../runs/run-id.js';
import type { WorkflowVersions } from '../runs/start-run.js';
import type { NewVersion, WorkflowRepository, WorkflowRow } from './workflow.repository.js';

/** Problems that a foreign file may have and still be stored: it can be mended here, and until then it refuses to run. */
const storable: ReadonlySet<Diagnostic['code']> = new Set(['unknown_node_type', 'invalid_field']);

export interface Stored {
  readonly workflow: WorkflowRow;
  readonly warnings: readonly Diagnostic[];
}

export interface Published {
  readonly workflow: WorkflowRow;
  /** The webhooks of the version; those that were just made with their secrets. */
  readonly webhooks: readonly { readonly webhook: WebhookRow; readonly secret: string | undefined }[];
}

/** What can be done with workflows, apart from running them. */
export class Workflows implements PlanSource, WorkflowVersions {
  private readonly plans: LRUCache<string, Promise<Plan>>;
  private readonly heads: LRUCache<string, WorkflowRow>;

  constructor(
    private readonly repository: WorkflowRepository,
    private readonly catalog: Catalog,
    private readonly now: () => number,
    /** Tells other replicas that a workflow has changed. */
    private readonly changed: (tenantId: string, workflowId: string) => void,
    private readonly entries: Pick<Entries, 'prepare'>,
  ) {
    this.plans = new LRUCache({ max: 500 });
    this.heads = new LRUCache({ max: 5000, ttl: headAgeMs, perf: { now }, ttlResolution: 0 });
  }

  /** Checks a document and stores it as the first version of a new workflow. */
  async create(tenantId: string, source: WorkflowSource, name: string): Promise<Stored> {
    const { version, warnings } = await this.check(tenantId, source);
    const id = newWorkflowId(this.now());
    const workflow = await this.repository.create(tenantId, id, name || version.document.name, version);
    return { workflow, warnings };
  }

  /** Checks a document and stores it as the next version. */
  async update(tenantId: string, id: string, source: WorkflowSource): Promise<Stored> {
    const { version, warnings } = await this.check(tenantId, source);
    const workflow = found(await this.repository.addVersion(tenantId, id, version), id);
    this.forget(tenantId, id);
    this.changed(tenantId, id);
    return { workflow, warnings };
  }

  /** Makes a version (0: the newest) the one that runs by default. One that cannot run is refused. */
  async publish(tenantId: string, id: string, version: number): Promise<Published> {
    const wanted = version || found(await this.repository.find(tenantId, id), id).latestVersion;
    const plan = await this.plan({ tenantId, workflowId: id, version: wanted });
    const { entries, secrets } = await this.entries.prepare(tenantId, plan);
    const { workflow, webhooks } = found(await this.repository.publish(tenantId, id, wanted, entries), id);
    this.forget(tenantId, id);
    this.changed(tenantId, id);
    return { workflow, webhooks: webhooks.map((webhook) => ({ webhook, secret: secrets.get(webhook.id) })) };
  }

  async resolve(tenantId: string, workflowId: string, version: number): Promise<number> {
    checkedWorkflowId(workflowId);
    if (version > 0) return version;
    const { publishedVersion, latestVersion } = await this.head(tenantId, workflowId);
    return publishedVersion ?? latestVersion;
  }

  async newest(tenantId: string, workflowId: string): Promise<number> {
    return (await this.head(tenantId, workflowId)).latestVersion;
  }

  plan(id: PlanId): Promise<Plan> {
    const key = `${id.tenantId}/${id.workflowId}/${id.version}`;
    const known = this.plans.get(key);
    if (known) return known;
    const loading = this.load(id);
    this.plans.set(key, loading);
    loading.catch(() => this.plans.delete(key));
    return loading;
  }

  /** Drops what is remembered of a workflow that has changed. */
  forget(tenantId: string, workflowId: string): void {
    this.heads.delete(`${tenantId}/${workflowId}`);
  }

  private async head(tenantId: string, workflowId: string): Promise<WorkflowRow> {
    const key = `${tenantId}/${workflowId}`;
    const known = this.heads.get(key);
    if (known) return known;
    const head = found(await this.repository.find(tenantId, workflowId), workflowId);
    this.heads.set(key, head);
    return head;
  }

  private async load({ tenantId, workflowId, version }: PlanId): Promise<Plan> {
    const row = await this.repository.findVersion(tenantId, workflowId, version);
    if (!row)
      throw FailureError.of('not_found', `There is no version ${version} of workflow ${workflowId}.`, {
        field: 'version',
      });
    const { plan, diagnostics } = await this.compile(tenantId, row, { path: [`${workflowId}@${version}`] });
    if (plan) return plan;
    const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
    const nodes = [...new Set(errors.flatMap(({ node }) => (node ? [node] : [])))];
    throw FailureError.of(
      'workflow_not_runnable',
      `Version ${version} cannot run because of ${nodes.length > 0 ? `node ${nodes.join(', ')}` : 'its graph'}: ${errors[0]?.message ?? ''} Mend it and store a new version.`,
      { field: errors[0]?.field ?? 'workflow', details: { nodes, diagnostics: errors } },
    );
  }

  /** Compiles a document with the workflows it runs, and those that they run. One inside of itself, or too deep, is not found. */
  private async compile(
    tenantId: string,
    { document, format }: { readonly document: WorkflowDocument; readonly format: string },
    { path, found = new Map() }: CallPath,
  ): Promise<Compilation> {
    for (const { id, version } of workflowsCalledBy(document, this.catalog)) {
      const name = `${id}@${version}`;
      if (found.has(name) || path.includes(name) || path.length > maxCallDepth || !isWorkflowId(id)) continue;
      const row = await this.repository.findVersion(tenantId, id, version);
      const called = row && (await this.compile(tenantId, row, { path: [...path, name], found }));
      found.set(name, called?.plan);
    }
    return compile(document, this.catalog, {
      tolerant: format !== 'treadle',
      workflows: ({ id, version }) => found.get(`${id}@${version}`),
    });
  }

  private async check(
    tenantId: string,
    source: WorkflowSource,
  ): Promise<{ version: NewVersion; warnings: Diagnostic[] }> {
    const document = documentSchema.parse(JSON.parse(source.documentJson));
    const foreign = source.format !== 'treadle';
    const { diagnostics } = await this.compile(tenantId, { document, format: source.format }, { path: [] });
    const isError = ({ severity, code }: Diagnostic) => severity === 'error' && !(foreign && storable.has(code));
    const errors = diagnostics.filter(isError);
    if (errors.length > 0) throw invalidDocument(errors);
    const imported = JSON.parse(source.warningsJson || '[]') as Diagnostic[];
    const warnings = [
      ...imported,
      ...diagnostics.map((diagnostic) => ({ ...diagnostic, severity: 'warning' as const })),
    ];
    const { format, original } = source;
    return { version: { document, format, original, warningsJson: JSON.stringify(warnings) }, warnings };
  }
}

/** How deep workflows may run inside each other. */
const maxCallDepth = 5;

/** The versions that lead to a document, outermost first, and the plans found on the way so far; absent ones cannot run. */
interface CallPath {
  readonly path: readonly string[];
  readonly found?: Map<string, Plan | undefined>;
}

/** How long a workflow's published version may be remembered; another replica's change is announced and normally known at once. */
const headAgeMs = 2000;

function invalidDocument(errors: readonly Diagnostic[]): FailureError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return FailureError.of('invalid_document', `${first?.message ?? ''}${more}`, {
    field: first?.field ?? '',
    details: { diagnostics: errors },
  });
}

function found<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw FailureError.of('not_found', `There is no workflow ${id}.`, { field: 'workflow_id' });
  return value;
}
