import type { ConversationMessage, Run, Task } from '@treadle/contracts';
import { InProcessBroker, InProcessBus } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import type { WorkflowDocumentInput } from '@treadle/workflow';
import { afterEach, describe, expect, it } from 'vitest';
import { orchestratorSchema } from '../src/index.js';
import { executeAll, Rig, tenantId, until } from './rig.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const model = { provider: 'demo', name: 'demo' };

/** Notes what was asked, shows a model all that was asked so far, and answers with what the model says. */
const noting = (more: Partial<WorkflowDocumentInput> = {}): WorkflowDocumentInput => ({
  format: 'treadle/v1',
  name: 'noting',
  kind: 'chat',
  conversation: [
    { name: 'asked', type: 'array[string]', value: [] },
    { name: 'other', type: 'string', value: 'as declared' },
  ],
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'note',
      type: 'assigner',
      config: {
        items: [{ variable_selector: ['conversation', 'asked'], operation: 'append', value: ['sys', 'query'] }],
      },
    },
    {
      id: 'llm',
      type: 'llm',
      config: { model, prompt_template: [{ role: 'user', text: '{{#conversation.asked#}}' }] },
    },
    { id: 'answer', type: 'answer', config: { answer: '{{#llm.text#}}' } },
  ],
  edges: [
    { source: 'start', target: 'note' },
    { source: 'note', target: 'llm' },
    { source: 'llm', target: 'answer' },
  ],
  ...more,
});

async function database(): Promise<string> {
  const made = await testDatabase();
  cleanups.push(() => made.drop());
  return made.connectionString;
}

async function rig(connectionString: string, bus = new InProcessBus(), options = {}): Promise<Rig> {
  const made = new Rig(connectionString, bus, options);
  cleanups.push(() => made.close());
  await made.orchestrator.start();
  return made;
}

/** Two replicas on one database, each with half of the partitions. */
async function twoRigs(): Promise<{ one: Rig; two: Rig; bus: InProcessBus }> {
  const connectionString = await database();
  const broker = new InProcessBroker();
  const bus = new InProcessBus({ broker });
  const [one, two] = [await rig(connectionString, bus), await rig(connectionString, new InProcessBus({ broker }))];
  const pool = createPool(connectionString, { schema: orchestratorSchema });
  const shares = 'select count(*)::int from partition_leases where owner is not null group by owner';
  await until(async () => {
    const { rows } = await pool.query<{ count: number }>(shares);
    return rows.length === 2 && rows.every(({ count }) => count === 32);
  });
  await pool.end();
  return { one, two, bus };
}

/** A workflow on a rig, to talk to. */
class Chat {
  constructor(
    private readonly rig: Rig,
    private readonly workflowId: string,
  ) {}

  /** The run as it was accepted, or with `wait` as it ended. */
  async say(query: string, conversationId = '', wait = false): Promise<Run> {
    const answers = await this.rig.start(this.workflowId, { query, conversationId, wait, inputsJson: '{}' });
    return answers.at(-1)!.run!;
  }

  at(other: Rig): Chat {
    return new Chat(other, this.workflowId);
  }

  /** In the order of their turns. */
  async messages(conversationId: string): Promise<ConversationMessage[]> {
    const request = { tenantId, conversationId, cursor: '', limit: 100 };
    const { messages } = await this.rig.orchestrator.conversationController.listMessages(request);
    return messages.reverse();
  }

  async variables(conversationId: string): Promise<unknown> {
    const request = { tenantId, conversationId };
    const { conversation } = await this.rig.orchestrator.conversationController.getConversation(request);
    return JSON.parse(conversation!.variablesJson);
  }

  /** Waits until so many turns are over. */
  over(conversationId: string, count: number): Promise<ConversationMessage[]> {
    return until(async () => {
      const messages = await this.messages(conversationId);
      return messages.length === count ? messages : undefined;
    });
  }
}

async function chatOn(made: Rig, document: WorkflowDocumentInput): Promise<Chat> {
  return new Chat(made, await made.store(document));
}

describe('conversations', () => {
  it('take twenty messages that come at once, at two replicas, one after the other', async () => {
    const { one, two, bus } = await twoRigs();
    const chat = await chatOn(one, noting());
    const { conversationId } = await chat.say('first');
    const queries = Array.from({ length: 20 }, (_, index) => `q${index}`);
    const runs = await Promise.all(
      queries.map((query, index) => (index % 2 === 0 ? chat : chat.at(two)).say(query, conversationId)),
    );
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['pending']));
    await expect(chat.say('too many', conversationId)).rejects.toMatchObject({ failure: { code: 'limit_exceeded' } });
    const seen: Task[] = [];
    await executeAll(bus, seen);
    const messages = await chat.over(conversationId, 21);
    expect(messages.map(({ turn }) => turn)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    const asked = messages.map(({ query }) => query);
    expect([...asked].sort()).toEqual(['first', ...queries].sort());
    // Each saw what all before it had asked, and was begun when they were over.
    expect(messages.map(({ answer }) => answer)).toEqual(
      asked.map((_, index) => `llm saw ${asked.slice(0, index + 1).join()}`),
    );
    expect(seen.map(({ runId }) => runId)).toEqual(messages.map(({ runId }) => runId));
    expect(await chat.variables(conversationId)).toEqual({ asked });
  });

  it('keep their order when their owner dies', async () => {
    const connectionString = await database();
    const first = new Rig(connectionString, new InProcessBus(), { alone: true });
    await first.orchestrator.start();
    const chat = await chatOn(first, noting());
    const { conversationId } = await chat.say('a');
    const later = [await chat.say('b', conversationId), await chat.say('c', conversationId)];
    expect(later.map(({ status }) => status)).toEqual(['pending', 'pending']);
    await first.close();
    const bus = new InProcessBus();
    const heir = await rig(connectionString, bus, { alone: true });
    await executeAll(bus);
    const messages = await chat.at(heir).over(conversationId, 3);
    expect(messages.map(({ query, answer }) => `${query}: ${answer}`)).toEqual([
      'a: llm saw a',
      'b: llm saw a,b',
      'c: llm saw a,b,c',
    ]);
  });
});
