import type { WorkflowServiceService } from '@treadle/contracts';
import { planNodeAt, runTextPlan } from '@treadle/engine';
import type { Handlers } from '@treadle/grpc';
import { type Catalog, compile, type WorkflowDocument } from '@treadle/workflow';
import { LRUCache } from 'lru-cache';
import type { RunVersion } from '../streaming/run-stream.js';

/** Versions kept; each is about the size of its document. */
const maxVersions = 200;

const withoutText: RunVersion = {
  text: { texts: [], ways: new Map(), named: new Set(), streams: new Map(), assignsConversation: false },
  names: () => undefined,
};

/** What streams need to know of workflow versions. Versions never change, so the ones used last are kept. */
export class RunVersions {
  private readonly kept = new LRUCache<string, Promise<RunVersion>>({ max: maxVersions });

  constructor(
    private readonly workflows: Pick<Handlers<WorkflowServiceService>, 'getWorkflow'>,
    private readonly catalog: Catalog,
  ) {}

  get(tenantId: string, workflowId: string, version: number): Promise<RunVersion> {
    const key = `${tenantId}/${workflowId}/${version}`;
    const kept = this.kept.get(key);
    if (kept) return kept;
    const loading = this.load(tenantId, workflowId, version);
    this.kept.set(key, loading);
    loading.catch(() => this.kept.delete(key));
    return loading;
  }

  private async load(tenantId: string, workflowId: string, version: number): Promise<RunVersion> {
    const answer = await this.workflows.getWorkflow({ tenantId, workflowId, version });
    const source = answer.version?.source;
    if (!source) return withoutText;
    const document = JSON.parse(source.documentJson) as WorkflowDocument;
    const { plan } = compile(document, this.catalog, { tolerant: source.format !== 'treadle' });
    if (!plan) return withoutText;
    return { text: runTextPlan(plan, this.catalog), names: (key) => planNodeAt(plan, key), plan };
  }
}
