import type { Approval, Run } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Approvals } from '../../domain/ports.js';
import { moment } from '../runs/run.view.js';
import { publicAddress } from '../server/public-address.js';

/** What a run waits for, as far as a reader needs it to find the way there. */
export interface OpenApproval {
  readonly token: string;
  readonly url: string;
  readonly node: string;
  readonly title: string;
  readonly due_at: string | null;
}

/** Leads from runs to the pages where people answer them. */
export class ApprovalLinks {
  constructor(
    private readonly approvals: Pick<Approvals, 'listApprovals'>,
    /** Where people reach the gateway; empty takes the address of the request. */
    private readonly publicUrl: string,
  ) {}

  /** The page of an approval. */
  url(request: FastifyRequest, token: string): string {
    return `${publicAddress(request, this.publicUrl)}/approvals/${token}`;
  }

  /** The approvals that a run waits for, at most a hundred; none of a run that does not wait. */
  async ofRun(request: FastifyRequest, run: Run): Promise<OpenApproval[]> {
    if (run.status !== 'paused' && run.status !== 'running') return [];
    const found = await this.find(request.tenantId, { runId: run.id, limit: 100 });
    return found.map(({ token, nodeKey, title, dueUnixMs }) => ({
      token,
      url: this.url(request, token),
      node: nodeKey,
      title,
      due_at: moment(dueUnixMs),
    }));
  }

  /** The approval of a node, whatever became of it. A stream goes on without it where it cannot be had. */
  async ofNode(request: FastifyRequest, runId: string, nodeKey: string): Promise<{ token?: string; url?: string }> {
    const statuses = ['pending', 'answered', 'expired', 'withdrawn'];
    const found = this.find(request.tenantId, { runId, nodeKey, statuses, limit: 1 });
    const [approval] = await found.catch((error: unknown) => {
      if (error instanceof FailureError) return [];
      throw error;
    });
    return approval ? { token: approval.token, url: this.url(request, approval.token) } : {};
  }

  /** What a run asks, at most a hundred. */
  open(tenantId: string, runId: string): Promise<Approval[]> {
    return this.find(tenantId, { runId, limit: 100 });
  }

  private async find(
    tenantId: string,
    filter: { runId: string; nodeKey?: string; statuses?: string[]; limit: number },
  ) {
    const all = { tenantId, nodeKey: '', statuses: [], workflowId: '', cursor: '' };
    return (await this.approvals.listApprovals({ ...all, ...filter })).approvals;
  }
}
