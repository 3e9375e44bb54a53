import {
  type AnswerApprovalRequest,
  type GiveAnswerRequest,
  type GiveAnswerResponse,
  giveAnswerSubject,
} from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { MessageBus } from '@treadle/messaging';
import { answerProblems, type Form, type JsonObject } from '@treadle/workflow';
import type { LiveRuns } from '../runs/live-runs.js';
import { partitionOf } from '../runs/run-id.js';
import type { Approval, ApprovalRepository } from './approval.repository.js';

/** How long a partition's owner may take to answer, in milliseconds. */
const ownerTimeoutMs = 5000;

export interface AnswerApprovalPorts {
  readonly runs: LiveRuns;
  readonly approvals: ApprovalRepository;
  readonly bus: MessageBus;
}

/**
 * Takes a person's answer, here or at the owner of the run. One of several answers wins: all are decided by one writer.
 * @throws FailureError `not_found`, `invalid_inputs` with the field at fault, `already_answered`, `no_longer_asked`.
 */
export async function answerApproval(
  { runs, approvals, bus }: AnswerApprovalPorts,
  { token, action, valuesJson, by }: AnswerApprovalRequest,
): Promise<Approval> {
  const asked = await findApproval(approvals, token);
  if (asked.status !== 'pending') throw closed(asked);
  checkAnswer(asked.form, action, JSON.parse(valuesJson || '{}') as JsonObject);
  const partition = partitionOf(asked.runId);
  const request = { runId: asked.runId, nodeKey: asked.nodeKey, action, valuesJson, by };
  const { accepted } =
    runs.fenceOf(partition) === undefined
      ? await bus.request(giveAnswerSubject(partition), request, ownerTimeoutMs)
      : await giveAnswer(runs, request);
  const now = await findApproval(approvals, token);
  // An input that finds the run's own time over moves it too, and answers nothing.
  if (!accepted || now.status !== 'answered') throw closed(now);
  return now;
}

/** The same for a run of a partition that this replica owns. */
export async function giveAnswer(
  runs: LiveRuns,
  { runId, nodeKey, action, valuesJson, by }: GiveAnswerRequest,
): Promise<GiveAnswerResponse> {
  const values = JSON.parse(valuesJson || '{}') as JsonObject;
  return {
    accepted: await runs.give(runId, { type: 'answer', at: runs.now(), key: nodeKey, action, values, by }),
  };
}

/** @throws FailureError `not_found`. The message does not repeat the token, which may be a mistyped secret. */
export async function findApproval(approvals: ApprovalRepository, token: string): Promise<Approval> {
  const found = await approvals.find(token);
  if (found) return found;
  throw FailureError.of('not_found', 'There is no such approval. Check that the link is complete.', { field: 'token' });
}

function checkAnswer(form: Form, action: string, values: JsonObject): void {
  const problems = answerProblems(form, { action, values });
  const [first] = problems;
  if (!first) return;
  throw FailureError.of('invalid_inputs', first.message, { field: first.field, details: { problems } });
}

function closed({ status, answer }: Approval): FailureError {
  const details = { status };
  switch (status) {
    case 'answered': {
      const when = answer ? ` at ${new Date(answer.at).toISOString()}` : '';
      const message = `${answer?.by || 'Somebody'} answered "${answer?.action ?? ''}"${when}. An answer cannot be changed.`;
      return FailureError.of('already_answered', message, { details });
    }
    case 'expired':
      return FailureError.of('no_longer_asked', 'Nobody answered in time, and the run went on without.', { details });
    case 'withdrawn':
      return FailureError.of('no_longer_asked', 'The run ended, or gave this part up, before anybody answered.', {
        details,
      });
    case 'pending':
      return FailureError.of('unavailable', 'The run could not take the answer just now. Answer again in a moment.', {
        retryAfterSeconds: 1,
      });
  }
}
