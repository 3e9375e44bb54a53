import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Commit, RunFacts, RunJournal } from './run-journal.js';

/** What the suite needs of an adapter: a journal, and a way to own a partition. */
export interface JournalUnderTest {
  readonly journal: RunJournal;
  /** Makes this the fence under which the partition is owned. */
  own: (partition: number, fence: number) => Promise<void>;
}

const tenantId = 'tenant';
const workflowId = '01900000-0000-7000-8000-000000000001';

function factsOf(partition: number): RunFacts {
  const id = randomUUID();
  return {
    id,
    tenantId,
    workflowId,
    version: 1,
    partition,
    createdAt: 1000,
    conversationId: '',
    turn: 0,
    user: 'u',
    traceparent: '',
  };
}

function turnOf(facts: RunFacts, turn: number): RunFacts {
  return { ...facts, conversationId: '01900000-0000-7003-8000-000000000001', turn };
}

function firstCommit(facts: RunFacts, fence: number, key?: string): Commit {
  return {
    runId: facts.id,
    partition: facts.partition,
    fence,
    firstSequence: 1,
    eventCount: 2,
    at: 1000,
    eventsJson: '[{"type":"a"},{"type":"b"}]',
    start: { facts, ...(key ? { key: { key, requestHash: 'hash' } } : {}) },
    progress: { status: 'running', inputTokens: 0, outputTokens: 0 },
  };
}

function nextCommit(facts: RunFacts, fence: number, firstSequence: number): Commit {
  return {
    runId: facts.id,
    partition: facts.partition,
    fence,
    firstSequence,
    eventCount: 1,
    at: 2000,
    eventsJson: '["next"]',
  };
}

/** Every journal keeps these. */
export function describeRunJournal(name: string, make: () => Promise<JournalUnderTest>): void {
  describe(`run journal: ${name}`, () => {
    it('gives back a run with its entries in order', async () => {
      const { journal, own } = await make();
      await own(3, 1);
      const facts = factsOf(3);
      expect(await journal.append(firstCommit(facts, 1))).toBe('written');
      expect(await journal.append(nextCommit(facts, 1, 3))).toBe('written');
      const [run] = await journal.load([facts.id, randomUUID()]);
      expect(run?.facts).toEqual(facts);
      expect(run?.entries).toEqual([
        { firstSequence: 1, at: 1000, eventsJson: '[{"type":"a"},{"type":"b"}]' },
        { firstSequence: 3, at: 2000, eventsJson: '["next"]' },
      ]);
    });

    it('refuses an event number that is taken', async () => {
      const { journal, own } = await make();
      await own(3, 1);
      const facts = factsOf(3);
      await journal.append(firstCommit(facts, 1));
      await journal.append(nextCommit(facts, 1, 3));
      expect(await journal.append(nextCommit(facts, 1, 3))).toBe('refused');
      expect((await journal.load([facts.id]))[0]?.entries).toHaveLength(2);
    });

    it('refuses a former owner, and stores nothing of what it says', async () => {
      const { journal, own } = await make();
      await own(3, 1);
      const facts = factsOf(3);
      await journal.append(firstCommit(facts, 1));
      await own(3, 2);
      const progress = { status: 'completed', inputTokens: 1, outputTokens: 1, finishedAt: 2 } as const;
      expect(await journal.append({ ...nextCommit(facts, 1, 3), progress })).toBe('refused');
      expect(await journal.append(firstCommit(factsOf(3), 1))).toBe('refused');
      expect(await journal.unfinished(3)).toContain(facts.id);
    });

    it('lets one run through for a turn', async () => {
      const { journal, own } = await make();
      await own(3, 1);
      const runs = [turnOf(factsOf(3), 1), turnOf(factsOf(3), 1), turnOf(factsOf(3), 2)];
      const verdicts = await Promise.all(runs.map((facts) => journal.append(firstCommit(facts, 1))));
      expect(verdicts).toEqual(['written', 'refused', 'written']);
    });

    it('lets one start through for a key', async () => {
      const { journal, own } = await make();
      await own(3, 1);
      const [first, second] = [factsOf(3), factsOf(3)];
      const key = randomUUID();
      const verdicts = await Promise.all([first, second].map((facts) => journal.append(firstCommit(facts, 1, key))));
      expect(verdicts.sort()).toEqual(['refused', 'written']);
      expect(await journal.load([first.id, second.id])).toHaveLength(1);
    });

    it('writes what arrives together without letting one refused item spoil the others', async () => {
      const { journal, own } = await make();
      await own(3, 1);
      const runs = Array.from({ length: 50 }, () => factsOf(3));
      const verdicts = await Promise.all([
        ...runs.map((facts) => journal.append(firstCommit(facts, 1))),
        journal.append(firstCommit(factsOf(3), 99)),
      ]);
      expect(verdicts).toEqual([...runs.map(() => 'written'), 'refused']);
    });

    it('lists a run as unfinished until its end is written', async () => {
      const { journal, own } = await make();
      await own(5, 1);
      const facts = factsOf(5);
      await journal.append(firstCommit(facts, 1));
      expect(await journal.unfinished(5)).toContain(facts.id);
      const progress = { status: 'failed', inputTokens: 0, outputTokens: 0, finishedAt: 2000 } as const;
      await journal.append({ ...nextCommit(facts, 1, 3), progress });
      expect(await journal.unfinished(5)).not.toContain(facts.id);
    });

    it('lets a paused run rest until its moment, and only where there is one', async () => {
      const { journal, own } = await make();
      await own(6, 1);
      const [timed, asked] = [factsOf(6), factsOf(6)];
      await Promise.all([timed, asked].map((facts) => journal.append(firstCommit(facts, 1))));
      const paused = { status: 'paused', inputTokens: 0, outputTokens: 0 } as const;
      await journal.append({ ...nextCommit(timed, 1, 3), progress: { ...paused, wakeAt: 5000 } });
      await journal.append({ ...nextCommit(asked, 1, 3), progress: paused });
      expect(await journal.unfinished(6)).toEqual([]);
      expect(await journal.due([6], 4999, 10)).toEqual([]);
      expect(await journal.due([7], 5000, 10)).toEqual([]);
      expect(await journal.due([5, 6], 5000, 10)).toEqual([timed.id]);
      await journal.append({ ...nextCommit(timed, 1, 4), progress: { ...paused, status: 'running' } });
      expect(await journal.due([6], 9000, 10)).toEqual([]);
      expect(await journal.unfinished(6)).toEqual([timed.id]);
    });

    it('keeps every text that JSON can hold', async () => {
      const { journal, own } = await make();
      await own(3, 1);
      const facts = factsOf(3);
      const eventsJson = JSON.stringify([{ text: 'nul \u0000, quote ", slash \\, lone \ud800, {braces}, 漢字, 🧵' }]);
      await journal.append({ ...firstCommit(facts, 1), eventsJson });
      expect((await journal.load([facts.id]))[0]?.entries[0]?.eventsJson).toBe(eventsJson);
    });
  });
}
