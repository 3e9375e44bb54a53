import type { ResumeRunRequest, Run } from '@treadle/contracts';
import { failure } from '@treadle/failure';
import { toFailureMessage } from '@treadle/grpc';
import { InProcessBroker, InProcessBus } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { orchestratorSchema } from '../src/index.js';
import { Chat, noting } from './chat.js';
import { executeWith, Rig, resultOf, tenantId, until } from './rig.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function database(): Promise<string> {
  const made = await testDatabase();
  cleanups.push(() => made.drop());
  return made.connectionString;
}

async function rig(connectionString: string, bus = new InProcessBus(), alone = true): Promise<Rig> {
  const made = new Rig(connectionString, bus, { alone });
  cleanups.push(() => made.close());
  await made.orchestrator.start();
  return made;
}

/** Models that fail while `broken`. */
async function models(bus: InProcessBus) {
  const world = { broken: false };
  const value = toFailureMessage(failure('provider_rejected', 'told to'));
  await executeWith(bus, (task) => resultOf(task, world.broken ? { outcome: { $case: 'failed', value } } : {}));
  return world;
}

/** A chat with models that fail while `broken`. */
async function talk() {
  const bus = new InProcessBus();
  const chat = await Chat.on(await rig(await database(), bus), noting());
  return { chat, world: await models(bus) };
}

async function proceed(on: Rig, runId: string, nodeKey = '', more: Partial<ResumeRunRequest> = {}): Promise<Run> {
  const nothing = {
    inputsJson: '',
    variablesJson: '',
    version: '',
    idempotencyKey: '',
    requestHash: '',
    traceparent: '',
  };
  const request = { ...nothing, tenantId, runId, wait: true, ...more };
  const { continuations } = on.orchestrator.controllers;
  const answers = nodeKey ? continuations.rerunRun({ ...request, nodeKey }) : continuations.resumeRun(request);
  return (await Array.fromAsync(answers)).at(-1)!.run!;
}

const wait = { wait: true };
const said = async (chat: Chat, conversationId: string) =>
  (await chat.messages(conversationId)).map(({ turn, query, status, answer }) => [turn, query, status, answer]);

describe('a continued run of a conversation', () => {
  it('is the next turn: it leaves a message beside the failed one, and its variables', async () => {
    const { chat, world } = await talk();
    const { conversationId } = await chat.say('a', '', wait);
    world.broken = true;
    const failed = await chat.say('b', conversationId, wait);
    world.broken = false;
    const run = await proceed(chat.rig, failed.id);
    expect(run).toMatchObject({ status: 'completed', conversationId, origin: { runId: failed.id, kind: 'resume' } });
    expect(await said(chat, conversationId)).toEqual([
      [1, 'a', 'completed', 'llm saw a'],
      [2, 'b', 'failed', ''],
      [3, 'b', 'completed', 'llm saw a,b'],
    ]);
    expect(await chat.variables(conversationId)).toEqual({ asked: ['a', 'b'] });
    expect(await chat.conversation(conversationId)).toMatchObject({ turns: 3 });
  });

  it('finds the variables as they are now: what was said since is not undone', async () => {
    const { chat, world } = await talk();
    const { conversationId, id } = await chat.say('a', '', wait);
    world.broken = true;
    const failed = await chat.say('b', conversationId, wait);
    world.broken = false;
    await chat.say('c', conversationId, wait);
    const resumed = await proceed(chat.rig, failed.id);
    expect(resumed.outputsJson).toBe('{"answer":"llm saw a,c"}');
    expect(await chat.variables(conversationId)).toEqual({ asked: ['a', 'c'] });
    const again = await proceed(chat.rig, id, 'note');
    expect(again.outputsJson).toBe('{"answer":"llm saw a,c,a"}');
    expect(await chat.variables(conversationId)).toEqual({ asked: ['a', 'c', 'a'] });
    const given = await proceed(chat.rig, id, 'note', { variablesJson: '{"asked":["mine"]}' });
    expect(given.outputsJson).toBe('{"answer":"llm saw mine,a"}');
  });

  it('goes on without its conversation where that was deleted', async () => {
    const { chat, world } = await talk();
    world.broken = true;
    const { conversationId, id } = await chat.say('a', '', wait);
    world.broken = false;
    await chat.api.deleteConversation({ tenantId, conversationId });
    expect(await proceed(chat.rig, id)).toMatchObject({ status: 'completed', outputsJson: '{"answer":"llm saw a"}' });
    await expect(chat.messages(conversationId)).rejects.toMatchObject({ failure: { code: 'not_found' } });
  });

  it('waits for the turns before it, also at the heir of an owner that died', async () => {
    const connectionString = await database();
    const first = new Rig(connectionString, new InProcessBus(), { alone: true });
    await first.orchestrator.start();
    const before = await Chat.on(first, noting());
    const { conversationId, id } = await before.say('a');
    await first.orchestrator.controllers.runs.cancelRun({ tenantId, runId: id, reason: '' });
    await before.say('b', conversationId);
    const more = { wait: false, variablesJson: '{"asked":["mine"]}' };
    const queued = [
      await proceed(first, id, '', { wait: false }),
      await proceed(first, id, 'note', { wait: false }),
      await proceed(first, id, 'note', more),
    ];
    expect(queued.map(({ status }) => status)).toEqual(['pending', 'pending', 'pending']);
    await first.close();
    const bus = new InProcessBus();
    const chat = before.at(await rig(connectionString, bus));
    await models(bus);
    await chat.over(conversationId, 5);
    expect(await said(chat, conversationId)).toEqual([
      [1, 'a', 'cancelled', ''],
      [2, 'b', 'completed', 'llm saw b'],
      [3, 'a', 'completed', 'llm saw b'],
      [4, 'a', 'completed', 'llm saw b,a'],
      [5, 'a', 'completed', 'llm saw mine,a'],
    ]);
    expect((await chat.rig.read(queued[2]!.id)).origin).toEqual({ runId: id, kind: 'rerun' });
  });

  it('is accepted by the owner of the conversation, whichever replica was asked', async () => {
    const connectionString = await database();
    const broker = new InProcessBroker();
    const bus = new InProcessBus({ broker });
    const one = await rig(connectionString, bus, false);
    const two = await rig(connectionString, new InProcessBus({ broker }), false);
    const pool = createPool(connectionString, { schema: orchestratorSchema });
    cleanups.push(() => pool.end());
    await until(async () => {
      const shares = 'select count(*)::int from partition_leases where owner is not null group by owner';
      const { rows } = await pool.query<{ count: number }>(shares);
      return rows.length === 2 && rows.every(({ count }) => count === 32);
    });
    const chat = await Chat.on(one, noting());
    const world = await models(bus);
    world.broken = true;
    const { conversationId, id } = await chat.say('a', '', wait);
    world.broken = false;
    const key = { idempotencyKey: 'once', requestHash: 'hash', wait: false };
    const [there, again] = [await proceed(two, id, '', key), await proceed(one, id, '', key)];
    expect(again.id).toBe(there.id);
    await proceed(two, id, 'note', { wait: false });
    await chat.over(conversationId, 3);
    expect(await said(chat, conversationId)).toEqual([
      [1, 'a', 'failed', ''],
      [2, 'a', 'completed', 'llm saw a'],
      [3, 'a', 'completed', 'llm saw a,a'],
    ]);
  });
});
