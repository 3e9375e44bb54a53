import { FailureError } from '@treadle/failure';
import type { Conversations, Runs } from '../ports.js';
import type { Bound } from './caller.js';

/** What a request is about, where it says so. */
export type Subject =
  | { readonly workflowId: string }
  | { readonly runId: string }
  | { readonly conversationId: string }
  | { readonly datasetId: string }
  | 'nothing there';

/** Keeps keys that are bound to an app or a dataset to that. */
export class BoundAccess {
  constructor(
    private readonly runs: Pick<Runs, 'getRun'>,
    private readonly conversations: Pick<Conversations, 'getConversation'>,
  ) {}

  /** @throws FailureError `not_found` for what belongs to something else, as if it were not there; `permission_denied` for all the rest. */
  async check(tenantId: string, bound: Bound, subject: Subject | undefined): Promise<void> {
    if ('datasetId' in bound) {
      if (subject === undefined || subject === 'nothing there' || !('datasetId' in subject)) throw elsewhere(bound);
      return same(subject.datasetId, bound.datasetId, 'dataset', subject.datasetId);
    }
    if (subject === 'nothing there') return;
    if (subject === undefined || 'datasetId' in subject) throw elsewhere(bound);
    if ('workflowId' in subject) return same(subject.workflowId, bound.workflowId, 'workflow', subject.workflowId);
    if ('runId' in subject) {
      const { run } = await this.runs.getRun({ tenantId, runId: subject.runId });
      return same(run?.workflowId, bound.workflowId, 'run', subject.runId);
    }
    const { conversationId } = subject;
    const { conversation } = await this.conversations.getConversation({ tenantId, conversationId });
    return same(conversation?.workflowId, bound.workflowId, 'conversation', conversationId);
  }
}

function same(found: string | undefined, wanted: string, what: string, id: string): void {
  if (found !== wanted) throw FailureError.of('not_found', `There is no ${what} ${id.slice(0, 100)}.`, { field: 'id' });
}

/** The refusal of what a bound key is not for, of whatever kind that is. */
export function elsewhere(bound: Bound): FailureError {
  const what = 'workflowId' in bound ? `workflow ${bound.workflowId}` : `dataset ${bound.datasetId}`;
  return FailureError.of(
    'permission_denied',
    `This API key is bound to ${what}, and the route is about something else. Use a key that is not bound.`,
  );
}
