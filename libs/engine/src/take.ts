import { failure } from '@treadle/failure';
import { answerProblems } from '@treadle/workflow';
import { rejectAction } from './approval.js';
import { isTerminal } from './event.js';
import type { Input } from './input.js';
import { nodeStateAt, type RunState } from './state.js';
import { overdue, type Step } from './step.js';
import { takeOver } from './take-over.js';

type InputOf<Type extends Input['type']> = Extract<Input, { type: Type }>;

/** The version of these rules. The README says when it is raised, and how. */
export const engineVersion = 1;

/** Gives an input to a decision in the making. Inputs that come too early, too late or twice change nothing. */
export function take(step: Step, input: Input): void {
  const { state } = step;
  if (isTerminal(state.status) || !isDue(state, input)) return;
  if (input.type === 'cancel') return step.emit({ type: 'run-cancelled', reason: input.reason });
  if (state.deadlineAt !== undefined && state.deadlineAt <= input.at) return runOutOfTime(step);
  switch (input.type) {
    case 'queue':
      step.emit({
        type: 'run-queued',
        inputs: input.inputs,
        sys: input.sys,
        ...(input.continues ? { continues: input.continues } : {}),
      });
      break;
    case 'start':
    case 'continue':
      takeFirst(step, input);
      break;
    case 'result':
      takeResult(step, input);
      break;
    case 'answer':
      takeAnswer(step, input);
      break;
    case 'timer':
      takeTimer(step);
  }
  step.settle();
}

/** Rule 19. */
function isDue({ status, sequence, continues }: RunState, { type }: Input): boolean {
  if (sequence === 0) return type === 'queue' || type === 'start' || type === 'continue';
  if (status === 'pending') return type === (continues ? 'continue' : 'start') || type === 'cancel';
  return type !== 'queue' && type !== 'start' && type !== 'continue';
}

function takeFirst(step: Step, input: InputOf<'start' | 'continue'>): void {
  const { inputs, sys, environment, conversation, at } = input;
  const { runSeconds } = step.plan.limits;
  const deadline = runSeconds === undefined ? {} : { deadlineAt: at + runSeconds * 1000 };
  const begun = input.entry === undefined ? {} : { entry: input.entry };
  const origin = input.type === 'continue' ? { origin: { ...input.origin, kept: input.kept.length } } : {};
  const given = { inputs, sys, environment, conversation };
  step.emit({ type: 'run-started', engine: engineVersion, ...given, ...deadline, ...begun, ...origin });
  step.enter(step.placeOf(''), input.entry);
  if (input.type === 'continue') takeOver(step, input.kept);
}

/** Rules 2 and 3: only the attempt that is out counts, and only once. */
function takeResult(step: Step, input: InputOf<'result'>): void {
  const current = nodeStateAt(step.state, input.key);
  if (current?.status !== 'scheduled' || current.attempt !== input.attempt) return;
  const { key, attempt, outcome, execution, startedAt, finishedAt } = input;
  if ('failure' in outcome) return step.attemptFailed(key, attempt, outcome.failure);
  const { assigns, ...facts } = outcome;
  step.complete(key, { attempt, ...facts, execution, startedAt, finishedAt }, assigns);
}

function takeAnswer(step: Step, { key, action, values, by }: InputOf<'answer'>): void {
  const form = nodeStateAt(step.state, key)?.form;
  if (!form || answerProblems(form, { action, values }).length > 0) return;
  step.emit({ type: 'form-answered', key, action, values, by });
  const { node, type } = step.nodeOf(key);
  if (type.work === 'wait' && type.answered) {
    step.settleAs(key, type.answered(node.config, form, { action, values }));
  } else if (action === rejectAction) {
    step.nodeFailed(key, failure('approval_rejected', `${by || 'Somebody'} refused to let the node run.`));
  } else step.schedule(key, 1);
}

function takeTimer(step: Step): void {
  for (const key of [...step.state.open]) {
    const current = nodeStateAt(step.state, key);
    if (current?.dueAt === undefined || current.dueAt > step.at || isTerminal(step.state.status)) continue;
    const { node, type } = step.nodeOf(key);
    switch (current.status) {
      case 'retrying':
        step.schedule(key, current.attempt);
        break;
      case 'scheduled':
        step.attemptFailed(key, current.attempt, overdue(node));
        break;
      case 'waiting':
        if (type.work === 'wait') step.settleAs(key, type.elapsed(node.config, current));
        else step.nodeFailed(key, failure('approval_rejected', 'Nobody let the node run in time.'));
        break;
      default:
        step.nodeFailed(key, overdue(node));
    }
  }
}

function runOutOfTime(step: Step): void {
  const { runSeconds } = step.plan.limits;
  const message = `The run was not over ${runSeconds ?? 0} s after its start. Raise limits.run_seconds, or give it less to do.`;
  step.emit({ type: 'run-failed', failure: failure('deadline_exceeded', message) });
}
