import { type RequestSubject, type StartTurnAnswer, startTurnSubject } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { fromFailureMessage } from '@treadle/grpc';
import type { MessageBus } from '@treadle/messaging';
import type { Started } from '../runs/begin-once.js';
import { type CheckedStart, factsOf, sysOf } from '../runs/checked-start.js';
import { noConversation, partitionOfConversation } from '../runs/run-id.js';
import type { BegunTurn, RunFacts } from '../runs/run-journal.js';
import type { StartRunPorts } from '../runs/start-run.js';
import type { ConversationHead, ConversationTurns } from './conversation-turns.js';
import type { OneByOne } from './one-by-one.js';
import { firstTurn, variablesFor } from './turn.js';

/** What starts in conversations need beside what every start needs. */
export interface TurnPorts {
  readonly conversations: Pick<ConversationTurns, 'head'>;
  /** Puts the starts in one conversation in order while they are being accepted. */
  readonly order: OneByOne;
  readonly bus: MessageBus;
  /** Makes the id of a conversation of this partition; `now` in milliseconds since the epoch. */
  readonly newConversationId: (partition: number, now: number) => string;
  /** How long a conversation is kept after its last message where the document does not say, in seconds; 0 keeps it. */
  readonly keepSeconds: number;
}

/** The most runs of a conversation that wait for their turn. */
const mostPending = 20;
/** How long the owner of a conversation may take to accept a turn, in milliseconds. */
const ownerTimeoutMs = 10_000;

/** Starts a run of a chat workflow: the first turn of a new conversation, or the next one of the conversation it names. */
export async function startTurn(ports: StartRunPorts, start: CheckedStart): Promise<Started> {
  const { conversationId } = start.request;
  if (conversationId === '') return openConversation(ports, start);
  const partition = partitionOfConversation(conversationId);
  if (ports.runs.fenceOf(partition) === undefined) {
    return passOn(ports.turns.bus, startTurnSubject(partition), { ...start.request, wait: false });
  }
  return ports.turns.order.run(conversationId, () => continueConversation(ports, start, partition));
}

async function openConversation(ports: StartRunPorts, start: CheckedStart): Promise<Started> {
  const { plan, request } = start;
  const partition = await ports.pickPartition();
  const at = ports.runs.now();
  const conversationId = ports.turns.newConversationId(partition, at);
  const facts = factsOf(start, {
    id: ports.newRunId(partition, at),
    partition,
    createdAt: at,
    conversationId,
    turn: 1,
  });
  const keepSeconds = plan.limits.conversationSeconds ?? (ports.turns.keepSeconds || undefined);
  return begin(ports, start, facts, { turn: firstTurn(request.query, keepSeconds), variables: {} });
}

async function continueConversation(ports: StartRunPorts, start: CheckedStart, partition: number): Promise<Started> {
  const { conversationId, tenantId, workflowId, user } = start.request;
  const at = ports.runs.now();
  const head = await ports.turns.conversations.head(conversationId, at);
  const isTheirs = head?.tenantId === tenantId && head.workflowId === workflowId && [head.user, ''].includes(user);
  if (!head || !isTheirs) throw noConversation(conversationId);
  checkRoom(head);
  const id = ports.newRunId(partition, at);
  const facts = factsOf(start, { id, partition, createdAt: at, conversationId, turn: head.turns + 1 });
  const isFree = head.pending + head.running === 0;
  return begin(ports, start, { ...facts, user: head.user }, { turn: {}, ...(isFree ? head : {}) });
}

/** Begins a turn with these variables; without them it is queued, and begins with those of its time. */
async function begin(
  { runs }: StartRunPorts,
  start: CheckedStart,
  facts: RunFacts,
  { turn, variables }: { readonly turn: BegunTurn } & Partial<Pick<ConversationHead, 'variables'>>,
): Promise<Started> {
  const { request, plan, inputs, entry, key } = start;
  const { environment } = plan;
  const queue = { type: 'queue', at: facts.createdAt, inputs, sys: sysOf(facts, start) } as const;
  const conversation = variables && variablesFor(plan, variables);
  const begun = { ...queue, type: 'start', environment, ...(entry ? { entry } : {}) } as const;
  const input = conversation ? { ...begun, conversation } : queue;
  const { run, ended } = await runs.start(facts, plan, input, request.wait, { turn, ...(key ? { key } : {}) });
  return { kind: 'begun', run, ended };
}

/** Has the owner of a conversation's partition begin a turn. */
export async function passOn<Question>(
  bus: MessageBus,
  subject: RequestSubject<Question, StartTurnAnswer>,
  question: Question,
): Promise<Started> {
  const { outcome } = await bus.request(subject, question, ownerTimeoutMs);
  if (outcome?.$case === 'started') return { kind: 'elsewhere', answer: outcome.value };
  throw outcome ? new FailureError(fromFailureMessage(outcome.value)) : changingHands();
}

/** @throws FailureError `limit_exceeded` when too many turns wait already */
export function checkRoom({ pending }: ConversationHead): void {
  if (pending < mostPending) return;
  const message = `${pending} messages of this conversation wait for their turn, which is the limit. Send the next one when some are answered.`;
  throw FailureError.of('limit_exceeded', message, { retryAfterSeconds: 5 });
}

/** The owner of the conversation could not be asked, or is no longer its owner. */
export function changingHands(): FailureError {
  return FailureError.of('unavailable', 'The conversation is changing hands. Try again in a moment.', {
    retryAfterSeconds: 1,
  });
}
