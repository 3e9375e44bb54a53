import { randomBytes } from 'node:crypto';
import {
  type Command,
  type Decision,
  newlyOutstanding,
  outstanding,
  planNodeAt,
  type RunEvent,
  type RunState,
} from '@treadle/engine';
import type { Form, JsonObject, Plan } from '@treadle/workflow';
import type { RunFacts } from '../runs/run-journal.js';

/** An approval to be opened: somebody is asked. */
export interface OpenedApproval {
  readonly token: string;
  readonly tenantId: string;
  readonly workflowId: string;
  readonly key: string;
  /** Of the node that asks. */
  readonly title: string;
  readonly form: Form;
  /** When the run goes on without an answer, in milliseconds since the epoch; absent when it waits for ever. */
  readonly dueAt?: number;
}

/** An approval to be closed, and why. */
export type ClosedApproval =
  | {
      readonly key: string;
      readonly status: 'answered';
      readonly action: string;
      readonly values: JsonObject;
      readonly by: string;
    }
  /** `expired`: nobody answered in time. `withdrawn`: the run, or the round of a container, ended before. */
  | { readonly key: string; readonly status: 'expired' | 'withdrawn' };

/** What a decision changes in the approvals of its run. */
export interface ApprovalChanges {
  readonly opened: readonly OpenedApproval[];
  readonly closed: readonly ClosedApproval[];
}

/** Whoever knows this may answer: 192 random bits, fit for an address. */
const newToken = () => randomBytes(24).toString('base64url');

/**
 * What somebody is asked after a decision and was not before, and the other way round; `undefined` when that is nothing.
 * @param plan absent where it cannot be made any more, and nothing new is asked
 */
export function approvalChanges(
  { tenantId, workflowId }: RunFacts,
  plan: Plan | undefined,
  before: RunState,
  { state: after, events }: Pick<Decision, 'state' | 'events'>,
): ApprovalChanges | undefined {
  const opened = newlyOutstanding(before, after).filter(isAsk);
  const still = new Set(
    outstanding(after)
      .filter(isAsk)
      .map(({ key }) => key),
  );
  const closed = outstanding(before).filter((command) => isAsk(command) && !still.has(command.key));
  if (opened.length === 0 && closed.length === 0) return undefined;
  return {
    opened: opened.map(({ key, form, dueAt }) => ({
      token: newToken(),
      tenantId,
      workflowId,
      key,
      title: (plan && planNodeAt(plan, key)?.title) ?? '',
      form,
      ...(dueAt === undefined ? {} : { dueAt }),
    })),
    closed: closed.map(({ key }) => closedBy(events, key)),
  };
}

function closedBy(events: readonly RunEvent[], key: string): ClosedApproval {
  for (const event of events) {
    if (!('key' in event) || event.key !== key) continue;
    if (event.type === 'form-answered') {
      const { action, values, by } = event;
      return { key, status: 'answered', action, values, by };
    }
    // The node went on by itself: its time was over.
    if (event.type === 'node-completed' || event.type === 'node-failed') return { key, status: 'expired' };
  }
  return { key, status: 'withdrawn' };
}

function isAsk(command: Command): command is Extract<Command, { type: 'ask' }> {
  return command.type === 'ask';
}
