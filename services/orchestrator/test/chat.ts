import {
  type Conversation,
  type ConversationMessage,
  type Run,
  resultSubject,
  type StartRunRequest,
  type Task,
  taskQueue,
} from '@treadle/contracts';
import { failure } from '@treadle/failure';
import { toFailureMessage } from '@treadle/grpc';
import type { MessageBus, Subscription } from '@treadle/messaging';
import type { WorkflowDocumentInput } from '@treadle/workflow';
import { type Rig, resultOf, tenantId, until } from './rig.js';

const model = { provider: 'demo', name: 'demo' };

/** Notes what was asked, shows a model all that was asked so far, and answers with what the model says. */
export function noting(
  memory: Record<string, object> | null = null,
  limits: WorkflowDocumentInput['limits'] = {},
): WorkflowDocumentInput {
  const note = { variable_selector: ['conversation', 'asked'], operation: 'append', value: ['sys', 'query'] };
  const prompt_template = [{ role: 'user', text: '{{#conversation.asked#}}' }];
  return {
    format: 'treadle/v1',
    name: 'noting',
    kind: 'chat',
    conversation: [{ name: 'asked', type: 'array[string]', value: [] }],
    nodes: [
      { id: 'start', type: 'start' },
      { id: 'note', type: 'assigner', config: { items: [note] } },
      { id: 'llm', type: 'llm', config: { model, prompt_template, memory: memory as never } },
      { id: 'answer', type: 'answer', config: { answer: '{{#llm.text#}}' } },
    ],
    edges: [
      { source: 'start', target: 'note' },
      { source: 'note', target: 'llm' },
      { source: 'llm', target: 'answer' },
    ],
    limits,
  };
}

/** Answers with the query, after a person has been asked if that is `ask`. Needs no executor. */
export const asking: WorkflowDocumentInput = {
  format: 'treadle/v1',
  name: 'asking',
  kind: 'chat',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'branch',
      type: 'if-else',
      config: {
        cases: [
          {
            case_id: 'ask',
            logical_operator: 'and',
            conditions: [{ variable_selector: ['sys', 'query'], comparison_operator: 'is', value: 'ask' }],
          },
        ],
      },
    },
    { id: 'person', type: 'human-input', config: { form_content: 'Well?', user_actions: [{ id: 'yes' }] } },
    { id: 'answer', type: 'answer', config: { answer: '{{#sys.query#}}' } },
  ],
  edges: [
    { source: 'start', target: 'branch' },
    { source: 'branch', source_handle: 'ask', target: 'person' },
    { source: 'person', source_handle: 'yes', target: 'answer' },
    { source: 'branch', source_handle: 'false', target: 'answer' },
  ],
};

/** A chat workflow on a rig, to talk to. */
export class Chat {
  constructor(
    readonly rig: Rig,
    readonly workflowId: string,
  ) {}

  static async on(rig: Rig, document: WorkflowDocumentInput): Promise<Chat> {
    return new Chat(rig, await rig.store(document));
  }

  at(other: Rig): Chat {
    return new Chat(other, this.workflowId);
  }

  get api() {
    return this.rig.orchestrator.controllers.conversations;
  }

  /** The run as it was accepted, or with `wait` as it ended. */
  async say(query: string, conversationId = '', more: Partial<StartRunRequest> = {}): Promise<Run> {
    const answers = await this.rig.start(this.workflowId, { query, conversationId, inputsJson: '{}', ...more });
    return answers.at(-1)!.run!;
  }

  /** Those that are over, in the order of their turns. */
  async messages(conversationId: string): Promise<ConversationMessage[]> {
    const { messages } = await this.api.listMessages({ tenantId, conversationId, cursor: '', limit: 100 });
    return messages.reverse();
  }

  /** Waits until so many turns are over. */
  over(conversationId: string, count: number): Promise<ConversationMessage[]> {
    return until(async () => {
      const messages = await this.messages(conversationId);
      return messages.length === count ? messages : undefined;
    });
  }

  async conversation(conversationId: string): Promise<Conversation> {
    const { conversation } = await this.api.getConversation({ tenantId, conversationId });
    return conversation!;
  }

  async variables(conversationId: string): Promise<unknown> {
    return JSON.parse((await this.conversation(conversationId)).variablesJson);
  }
}

/** An executor that answers as `executeAll` does, but fails where the newest of what it reads is `fail`. */
export function executeUnlessTold(bus: MessageBus, seen: Task[] = []): Promise<Subscription> {
  return bus.consume(taskQueue('default'), { concurrency: 8, leaseMs: 2000 }, async ({ message }) => {
    seen.push(message);
    const value = toFailureMessage(failure('provider_rejected', 'told to'));
    const failed = { outcome: { $case: 'failed', value } } as const;
    const result = resultOf(message, message.valuesJson.includes('"fail"]') ? failed : {});
    await bus.request(resultSubject(message.partition), result, 2000);
    return { kind: 'done' };
  });
}
