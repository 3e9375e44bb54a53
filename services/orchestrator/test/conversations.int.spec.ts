import type { Run, Task } from '@treadle/contracts';
import { InProcessBroker, InProcessBus } from '@treadle/messaging';
import { createPool, TenantTables } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { forgetConversations } from '../src/domain/conversations/forget-conversations.js';
import { orchestratorSchema } from '../src/index.js';
import { KyselyConversationRepository } from '../src/infra/kysely-conversation.repository.js';
import { asking, Chat, executeUnlessTold, noting } from './chat.js';
import { executeAll, Rig, tenantId, twoTasks, until } from './rig.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function database(): Promise<string> {
  const made = await testDatabase();
  cleanups.push(() => made.drop());
  return made.connectionString;
}

async function rig(connectionString: string, bus = new InProcessBus(), options = {}): Promise<Rig> {
  const made = new Rig(connectionString, bus, { alone: true, ...options });
  cleanups.push(() => made.close());
  await made.orchestrator.start();
  return made;
}

/** Two replicas on one database, each with half of the partitions. */
async function twoRigs(): Promise<{ one: Rig; two: Rig; bus: InProcessBus }> {
  const connectionString = await database();
  const broker = new InProcessBroker();
  const bus = new InProcessBus({ broker });
  const one = await rig(connectionString, bus, { alone: false });
  const two = await rig(connectionString, new InProcessBus({ broker }), { alone: false });
  const pool = createPool(connectionString, { schema: orchestratorSchema });
  const shares = 'select count(*)::int from partition_leases where owner is not null group by owner';
  await until(async () => {
    const { rows } = await pool.query<{ count: number }>(shares);
    return rows.length === 2 && rows.every(({ count }) => count === 32);
  });
  await pool.end();
  return { one, two, bus };
}

const wait = { wait: true };
const notFound = { failure: { code: 'not_found', field: 'conversation_id' } };

describe('the turns of a conversation', () => {
  it('are taken one after the other when twenty come at once, at two replicas', async () => {
    const { one, two, bus } = await twoRigs();
    const chat = await Chat.on(one, noting());
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
    const answers = asked.map((_, index) => `llm saw ${asked.slice(0, index + 1).join()}`);
    expect(messages.map(({ answer }) => answer)).toEqual(answers);
    expect(seen.map(({ runId }) => runId)).toEqual(messages.map(({ runId }) => runId));
    expect(await chat.variables(conversationId)).toEqual({ asked });
  });

  it('keep their order when their owner dies', async () => {
    const connectionString = await database();
    const first = new Rig(connectionString, new InProcessBus(), { alone: true });
    await first.orchestrator.start();
    const chat = await Chat.on(first, noting());
    const { conversationId } = await chat.say('a');
    await chat.say('b', conversationId);
    await chat.say('c', conversationId);
    await first.close();
    const bus = new InProcessBus();
    const heir = await rig(connectionString, bus);
    await executeAll(bus);
    const messages = await chat.at(heir).over(conversationId, 3);
    expect(messages.map(({ answer }) => answer)).toEqual(['llm saw a', 'llm saw a,b', 'llm saw a,b,c']);
  });

  it('leave the variables as they were where they fail or are cancelled, and let the others go on', async () => {
    const bus = new InProcessBus();
    const chat = await Chat.on(await rig(await database(), bus), noting());
    const { conversationId } = await chat.say('a');
    const { id: runId } = await chat.say('b', conversationId);
    await chat.rig.orchestrator.controllers.runs.cancelRun({ tenantId, runId, reason: '' });
    await executeUnlessTold(bus);
    await chat.say('fail', conversationId, wait);
    await chat.say('c', conversationId, wait);
    const messages = await chat.messages(conversationId);
    expect(messages.map(({ query, status, answer }) => [query, status, answer])).toEqual([
      ['a', 'completed', 'llm saw a'],
      ['b', 'cancelled', ''],
      ['fail', 'failed', ''],
      ['c', 'completed', 'llm saw a,c'],
    ]);
    expect(await chat.variables(conversationId)).toEqual({ asked: ['a', 'c'] });
  });

  it('are not held up by one that waits for a person', async () => {
    const chat = await Chat.on(await rig(await database()), asking);
    const { conversationId, status } = await chat.say('ask');
    expect(status).toBe('paused');
    expect((await chat.say('go', conversationId, wait)).outputsJson).toBe('{"answer":"go"}');
    expect(await chat.messages(conversationId)).toMatchObject([{ turn: 2, query: 'go' }]);
  });

  it.each([
    ['all of them', {}, ['one', 'two', 'three']],
    ['so many turns', { window: { enabled: true, size: 2 } }, ['two', 'three']],
    ['so many tokens', { window: { tokens: 9 } }, ['three']],
    ['no turn at all', { window: { enabled: true, size: 0 } }, []],
  ])('show a model the completed ones before it that fit its window: %s', async (_, memory, queries) => {
    const bus = new InProcessBus();
    const chat = await Chat.on(await rig(await database(), bus), noting(memory));
    const seen: Task[] = [];
    await executeUnlessTold(bus, seen);
    const { conversationId } = await chat.say('one', '', wait);
    for (const query of ['fail', 'two', 'three', 'four']) await chat.say(query, conversationId, wait);
    expect(seen.at(0)?.history).toEqual([]);
    const history = queries.map((query) => expect.objectContaining({ query, answer: expect.stringContaining(query) }));
    expect(seen.at(-1)?.history).toEqual(history);
  });

  it('know their number, and their conversation', async () => {
    const chat = await Chat.on(await rig(await database()), asking);
    const { conversationId, id } = await chat.say('one', '', { user: 'ada' });
    const second = await chat.say('two', conversationId);
    const sys = async (runId: string) => {
      const { entries } = await chat.rig.orchestrator.controllers.runs.readJournal({
        tenantId,
        runId,
        afterSequence: 0,
        limit: 0,
      });
      return (JSON.parse(entries[0]!.eventsJson) as { sys: object }[])[0]!.sys;
    };
    expect(await sys(id)).toMatchObject({ dialogue_count: 1, conversation_id: conversationId, user_id: 'ada' });
    expect(await sys(second.id)).toMatchObject({ dialogue_count: 2, conversation_id: conversationId, user_id: 'ada' });
  });

  it('wait lightly, however much was said', async () => {
    const chat = await Chat.on(await rig(await database()), noting());
    const { conversationId } = await chat.say('a');
    const { id: runId } = await chat.say('x'.repeat(300_000), conversationId);
    const { entries } = await chat.rig.orchestrator.controllers.runs.readJournal({
      tenantId,
      runId,
      afterSequence: 0,
      limit: 0,
    });
    expect(entries[0]!.eventsJson).toContain('run-queued');
    expect(entries[0]!.eventsJson.length).toBeLessThan(1000);
  });

  it('are refused in conversations that are not there, or belong to somebody else', async () => {
    const made = await rig(await database());
    const chat = await Chat.on(made, asking);
    const { conversationId } = await chat.say('one', '', { user: 'ada' });
    const other = await Chat.on(made, asking);
    await expect(other.say('two', conversationId)).rejects.toMatchObject(notFound);
    await expect(chat.say('two', conversationId, { user: 'eve' })).rejects.toMatchObject(notFound);
    await expect(chat.say('two', 'no-conversation')).rejects.toMatchObject(notFound);
    await expect(chat.say('two', conversationId.replace(/....$/, '0000'))).rejects.toMatchObject(notFound);
    const single = new Chat(made, await made.store(twoTasks));
    await expect(single.say('two', conversationId)).rejects.toMatchObject({
      failure: { code: 'invalid_argument', field: 'conversation_id' },
    });
  });
});

describe('conversations', () => {
  it('are named by their first query, listed by activity, and renamed', async () => {
    const chat = await Chat.on(await rig(await database()), asking);
    const first = await chat.say(`  What\n is ${'very '.repeat(20)}long?`, '', { user: 'ada' });
    const second = await chat.say('');
    await chat.say('again', first.conversationId);
    const list = (more = {}) =>
      chat.api.listConversations({ tenantId, workflowId: '', user: '', cursor: '', limit: 1, ...more });
    const page = await list();
    expect(page.conversations).toMatchObject([
      { id: first.conversationId, turns: 2, user: 'ada', name: `What is ${'very '.repeat(10)}ve` },
    ]);
    const rest = await list({ cursor: page.nextCursor });
    expect(rest).toMatchObject({
      conversations: [{ id: second.conversationId, name: 'New conversation' }],
      nextCursor: '',
    });
    expect((await list({ user: 'eve' })).conversations).toEqual([]);
    expect((await list({ workflowId: chat.workflowId, limit: 10 })).conversations).toHaveLength(2);
    const { conversationId } = second;
    await chat.api.renameConversation({ tenantId, conversationId, name: ' Looms ' });
    expect(await chat.conversation(conversationId)).toMatchObject({ name: 'Looms' });
  });

  it('hide from other tenants', async () => {
    const chat = await Chat.on(await rig(await database()), asking);
    const { conversationId } = await chat.say('one');
    const other = { tenantId: 'somebody-else', conversationId };
    await expect(chat.api.getConversation(other)).rejects.toMatchObject(notFound);
    await expect(chat.api.listMessages({ ...other, cursor: '', limit: 1 })).rejects.toMatchObject(notFound);
    await expect(chat.api.renameConversation({ ...other, name: 'mine' })).rejects.toMatchObject(notFound);
    await expect(chat.api.deleteConversation(other)).rejects.toMatchObject(notFound);
    await expect(chat.say('two', conversationId, { tenantId: 'somebody-else' })).rejects.toMatchObject({
      failure: { code: 'not_found' },
    });
  });

  it('are deleted with all that was said, and take nothing from a run that goes on in them', async () => {
    const bus = new InProcessBus();
    const connectionString = await database();
    const chat = await Chat.on(await rig(connectionString, bus), noting());
    const { conversationId, id } = await chat.say('a');
    const waiting = await chat.say('b', conversationId);
    await chat.api.deleteConversation({ tenantId, conversationId });
    await expect(chat.messages(conversationId)).rejects.toMatchObject(notFound);
    await expect(chat.say('c', conversationId)).rejects.toMatchObject(notFound);
    await executeAll(bus);
    // Nothing was left for the second turn, and nothing is left of both.
    const runs = [await completed(chat.rig, id), await completed(chat.rig, waiting.id)];
    expect(runs.map(({ outputsJson }) => outputsJson)).toEqual(['{"answer":"llm saw a"}', '{"answer":"llm saw b"}']);
    expect(await leftovers(connectionString)).toEqual({ messages: 0, variables: 0 });
  });

  it('are forgotten when their time is over, but not while a run is under way in them', async () => {
    const bus = new InProcessBus();
    const connectionString = await database();
    let now = Date.now();
    const made = await rig(connectionString, bus, { now: () => now });
    const chat = await Chat.on(made, noting(null, { conversation_seconds: 60 }));
    const { conversationId, id } = await chat.say('a');
    now += 61_000;
    await expect(chat.say('b', conversationId)).rejects.toMatchObject(notFound);
    const pool = createPool(connectionString, { schema: orchestratorSchema });
    const repository = new KyselyConversationRepository(new TenantTables(pool));
    const forget = () => forgetConversations(repository, now);
    await forget();
    await executeAll(bus);
    await completed(made, id);
    expect(await chat.messages(conversationId)).toMatchObject([{ query: 'a', status: 'completed' }]);
    expect((await chat.conversation(conversationId)).expiresUnixMs).toBe(now + 60_000);
    now += 60_000;
    await forget();
    expect(await leftovers(connectionString)).toEqual({ messages: 0, variables: 0 });
    expect((await made.read(id)).status).toBe('completed');
    await pool.end();
  });
});

function completed(made: Rig, runId: string): Promise<Run> {
  return until(async () => {
    const run = await made.read(runId);
    return run.status === 'completed' ? run : undefined;
  });
}

/** How many rows conversations have left behind. */
async function leftovers(connectionString: string): Promise<unknown> {
  const pool = createPool(connectionString, { schema: orchestratorSchema });
  const { rows } = await pool.query(`
    select (select count(*)::int from messages) as messages,
      (select count(*)::int from conversation_variables) as variables`);
  await pool.end();
  return rows[0];
}
