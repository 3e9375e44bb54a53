import { type Command, isTerminal, type RunEvent } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import { catalog } from '@treadle/nodes';
import { compile, documentSchema, type Plan } from '@treadle/workflow';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryRunJournal } from '../../infra/memory-run-journal.js';
import { LiveRuns } from './live-runs.js';
import { newRunId } from './run-id.js';
import { type Commit, eventsOf, type RunFacts } from './run-journal.js';

const llm = (text: string) => ({
  model: { provider: 'demo', name: 'demo' },
  prompt_template: [{ role: 'user', text }],
});
const document = documentSchema.parse({
  format: 'treadle/v1',
  name: 'two in a row',
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'a', type: 'llm', config: llm('hello') },
    { id: 'b', type: 'llm', config: llm('{{#a.text#}}') },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'said', value_selector: ['b', 'text'] }] } },
  ],
  edges: [
    { source: 'start', target: 'a' },
    { source: 'a', target: 'b' },
    { source: 'b', target: 'end' },
  ],
});

/** start → wait an hour → ask somebody → end. */
const patient = documentSchema.parse({
  format: 'treadle/v1',
  name: 'patient',
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'nap', type: 'wait', config: { mode: 'duration', duration: 1, unit: 'hour' } },
    { id: 'ask', type: 'human-input', config: { form_content: 'Go on?', user_actions: [{ id: 'yes' }, { id: 'no' }] } },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'said', value_selector: ['ask', '__action_id'] }] } },
  ],
  edges: [
    { source: 'start', target: 'nap' },
    { source: 'nap', target: 'ask' },
    { source: 'ask', source_handle: 'yes', target: 'end' },
  ],
});

const partition = 7;

/** One orchestrator replica's runs, with everything it would have sent. */
class Replica {
  readonly dispatched: string[] = [];
  readonly poisoned: unknown[] = [];
  now = 1_000;
  readonly runs: LiveRuns;

  constructor(
    readonly journal: MemoryRunJournal,
    readonly plan: Plan,
    readonly failPlan?: FailureError,
  ) {
    const note = (runId: string, commands: readonly Command[]) =>
      this.dispatched.push(...commands.map((command) => `${command.type} ${command.key} ${command.attempt}`));
    this.runs = new LiveRuns({
      catalog,
      journal,
      plans: { plan: () => (failPlan ? Promise.reject(failPlan) : Promise.resolve(plan)) },
      effects: {
        dispatch: (run, commands) => note(run.facts.id, commands),
        announce: () => undefined,
        queued: () => undefined,
        left: () => undefined,
        poisoned: (_facts, error) => this.poisoned.push(error),
      },
      now: () => this.now,
      maxLiveRuns: 3,
    });
  }

  own(fence: number): this {
    this.journal.fences.set(partition, fence);
    this.runs.setOwned(new Map([[partition, fence]]));
    return this;
  }

  async start(facts: RunFacts = factsOf()) {
    const input = { type: 'start', at: this.now, inputs: {}, sys: {}, environment: {}, conversation: {} } as const;
    return (await this.runs.start(facts, this.plan, input, false)).run;
  }

  result(key: string, attempt = 1) {
    const outcome = { outputs: { text: `said by ${key}` } };
    return { type: 'result', at: this.now, key, attempt, outcome, execution: `x-${key}` } as const;
  }
}

/** Gives up on every append, and makes it when told to: a transaction that outlives its client. */
class LateJournal extends MemoryRunJournal {
  private readonly commits: Commit[] = [];

  constructor(private readonly journal: MemoryRunJournal) {
    super();
  }

  override async append(commit: Commit): Promise<never> {
    this.commits.push(commit);
    throw FailureError.of('unavailable', 'the commit took too long');
  }

  override load(runIds: readonly string[]) {
    return this.journal.load(runIds);
  }

  override unfinished(of: number) {
    return this.journal.unfinished(of);
  }

  async writeNow(): Promise<void> {
    for (const commit of this.commits) {
      this.journal.fences.set(commit.partition, commit.fence);
      await this.journal.append(commit);
    }
  }
}

function factsOf(): RunFacts {
  const id = newRunId(partition, 1_000);
  return {
    id,
    tenantId: 't',
    workflowId: 'w',
    version: 1,
    partition,
    createdAt: 1_000,
    conversationId: '',
    turn: 0,
    user: '',
    traceparent: '',
  };
}

async function history(journal: MemoryRunJournal, runId: string): Promise<RunEvent[]> {
  const [stored] = await journal.load([runId]);
  return eventsOf(stored?.entries ?? []);
}

describe('live runs', () => {
  let journal: MemoryRunJournal;
  let plan: Plan;
  let replica: Replica;

  beforeEach(() => {
    journal = new MemoryRunJournal();
    plan = compile(document, catalog).plan!;
    replica = new Replica(journal, plan).own(1);
  });

  it('commits each decision before its commands are done, and ends with one terminal event', async () => {
    const run = await replica.start();
    expect(replica.dispatched).toEqual(['run-task a 1']);
    expect(await run.give(replica.result('a'))).toBe(true);
    expect(replica.dispatched).toEqual(['run-task a 1', 'run-task b 1']);
    await run.give(replica.result('b'));
    const events = await history(journal, run.facts.id);
    expect(events.map((event) => event.type)).toEqual([
      'run-started',
      'node-completed',
      'node-scheduled',
      'node-completed',
      'node-scheduled',
      'node-completed',
      'node-completed',
      'run-completed',
    ]);
    expect(run.state.outputs).toEqual({ said: 'said by b' });
    expect(replica.runs.peek(run.facts.id)).toBeUndefined();
  });

  it('dispatches nothing of a start that was not committed', async () => {
    journal.outage = { error: FailureError.of('unavailable', 'the database is away'), afterWrite: false };
    await expect(replica.start()).rejects.toThrow('the database is away');
    expect(replica.dispatched).toEqual([]);
    expect(replica.runs.size).toBe(0);
  });

  it('finds a start again whose commit was stored though its answer was lost', async () => {
    journal.outage = { error: FailureError.of('unavailable', 'the connection broke'), afterWrite: true };
    await expect(replica.start()).rejects.toThrow('the connection broke');
    journal.outage = undefined;
    expect(await replica.runs.recover()).toBe(1);
    expect(replica.dispatched).toEqual(['run-task a 1']);
  });

  it('takes a result once, whoever brings it again', async () => {
    const run = await replica.start();
    const verdicts = await Promise.all([run.give(replica.result('a')), run.give(replica.result('a'))]);
    expect(verdicts).toEqual([true, false]);
    const completed = (await history(journal, run.facts.id)).filter(
      (event) => event.type === 'node-completed' && event.key === 'a',
    );
    expect(completed).toHaveLength(1);
  });

  it('asks the next owner for the same outstanding work after a takeover', async () => {
    const run = await replica.start();
    await run.give(replica.result('a'));
    const next = new Replica(journal, plan).own(2);
    await next.runs.recover();
    expect(next.dispatched).toEqual(['run-task b 1']);
    const there = await next.runs.find(run.facts.id);
    await there!.give(next.result('b'));
    expect(there!.state.status).toBe('completed');
  });

  it('refuses a former owner that does not know yet, and lets its runs go', async () => {
    const run = await replica.start();
    new Replica(journal, plan).own(2);
    await expect(run.give(replica.result('a'))).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    expect(replica.runs.size).toBe(0);
    expect(await history(journal, run.facts.id)).toHaveLength(3);
  });

  it('says of a run at another owner that it is elsewhere, not that it is gone', async () => {
    const run = await replica.start();
    replica.runs.setOwned(new Map());
    await expect(replica.runs.find(run.facts.id)).rejects.toMatchObject({
      failure: { code: 'unavailable', retryable: true },
    });
  });

  it('rejects whoever waits for the end when the run moves to another owner', async () => {
    const run = await replica.start();
    const ended = replica.runs.ended(run);
    replica.runs.setOwned(new Map());
    await expect(ended).rejects.toMatchObject({ failure: { code: 'unavailable' } });
  });

  it('cancels or completes, never both', async () => {
    const run = await replica.start();
    await run.give(replica.result('a'));
    const cancel = { type: 'cancel', at: replica.now, reason: 'enough' } as const;
    const verdicts = await Promise.all([run.give(cancel), run.give(replica.result('b'))]);
    expect(verdicts).toEqual([true, false]);
    const events = await history(journal, run.facts.id);
    expect(events.at(-1)).toEqual({ type: 'run-cancelled', reason: 'enough' });
  });

  it('gives up an attempt whose deadline has passed, by a timer', async () => {
    const run = await replica.start();
    const wakeAt = run.wakeAt()!;
    await run.give({ type: 'timer', at: wakeAt });
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'node_timeout' } });
  });

  it('refuses starts above its limit, and takes them again when runs have ended', async () => {
    const [first] = [await replica.start(), await replica.start(), await replica.start()];
    await expect(replica.start()).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    await first.give({ type: 'cancel', at: 1, reason: '' });
    expect((await replica.start()).state.status).toBe('running');
  });

  it('fails a run whose plan cannot be made any more, alone', async () => {
    const run = await replica.start();
    const broken = new Replica(journal, plan, FailureError.of('workflow_not_runnable', 'node a is unknown')).own(2);
    expect(await broken.runs.recover()).toBe(1);
    const events = await history(journal, run.facts.id);
    expect(events.at(-1)).toMatchObject({ type: 'run-failed', failure: { code: 'workflow_not_runnable' } });
    expect(broken.poisoned).toHaveLength(1);
    expect(isTerminal(run.state.status)).toBe(false);
  });

  it.each([
    ['is no JSON', '[{"type":"node-sched'],
    ['names a round of nothing', '[{"type":"round-started","key":"nowhere","index":0}]'],
    ['holds what is no event', '[null]'],
  ])('fails a run whose history %s, alone', async (_name, eventsJson) => {
    const [poisoned, sound] = [await replica.start(), await replica.start()];
    const { id } = poisoned.facts;
    const firstSequence = poisoned.state.sequence + 1;
    await journal.append({ runId: id, partition, fence: 1, firstSequence, eventCount: 1, at: 1, eventsJson });
    const next = new Replica(journal, plan).own(2);
    await next.runs.recover();
    expect(next.runs.peek(sound.facts.id)).toBeDefined();
    expect(next.runs.peek(id)).toBeUndefined();
    expect(journal.row(id)).toMatchObject({ status: 'failed', failure: { code: 'internal' } });
    expect(next.poisoned).toHaveLength(1);
  });

  it('keeps trying to recover while the database is away', async () => {
    await replica.start();
    const next = new Replica(journal, plan, FailureError.of('unavailable', 'away')).own(2);
    await expect(next.runs.recover()).rejects.toThrow('away');
    await expect(next.runs.recover()).rejects.toThrow('away');
  });

  it('keeps nothing of a paused run in memory, and wakes it when its moment has come', async () => {
    const waiting = new Replica(journal, compile(patient, catalog).plan!).own(3);
    const run = await waiting.start();
    expect(run.state.status).toBe('paused');
    expect(waiting.runs.size).toBe(0);
    expect(await waiting.runs.wakeParked(10)).toBe(0);
    waiting.now += 3_600_000;
    expect(await waiting.runs.wakeParked(10)).toBe(1);
    expect(waiting.runs.size).toBe(0);
    expect((await history(journal, run.facts.id)).at(-1)).toMatchObject({ type: 'run-paused' });
    expect(waiting.dispatched.at(-1)).toBe('ask ask 0');
  });

  it('takes the answer to a paused run from its rows, once', async () => {
    const waiting = new Replica(journal, compile(patient, catalog).plan!).own(3);
    const { facts } = await waiting.start();
    waiting.now += 3_600_000;
    await waiting.runs.wakeParked(10);
    const answer = { type: 'answer', at: waiting.now, key: 'ask', action: 'yes', values: {}, by: 'Ada' } as const;
    const verdicts = await Promise.all([waiting.runs.give(facts.id, answer), waiting.runs.give(facts.id, answer)]);
    expect(verdicts.sort()).toEqual([false, true]);
    expect((await history(journal, facts.id)).at(-1)).toMatchObject({
      type: 'run-completed',
      outputs: { said: 'yes' },
    });
  });

  it('cancels a paused run, and tells whoever waits that a run has paused', async () => {
    const waiting = new Replica(journal, compile(patient, catalog).plan!).own(3);
    const input = { type: 'start', at: 1, inputs: {}, sys: {}, environment: {}, conversation: {} } as const;
    const { run, ended } = await waiting.runs.start(factsOf(), waiting.plan, input, true);
    expect((await ended)?.status).toBe('paused');
    expect(await waiting.runs.give(run.facts.id, { type: 'cancel', at: 2, reason: '' })).toBe(true);
    expect(await waiting.runs.give(run.facts.id, { type: 'cancel', at: 3, reason: '' })).toBe(false);
  });

  it('finds a run whose commit was written after the journal had been read again', async () => {
    const late = new LateJournal(journal);
    const unlucky = new Replica(late, plan).own(1);
    await expect(unlucky.start()).rejects.toThrow('took too long');
    expect(await unlucky.runs.recover()).toBe(0);
    await late.writeNow();
    unlucky.runs.distrust(1);
    expect(await unlucky.runs.recover()).toBe(1);
    expect(unlucky.dispatched).toEqual(['run-task a 1']);
  });

  it('reads a partition again when a run of it was dropped while it was read', async () => {
    await replica.start();
    const next = new Replica(journal, plan).own(2);
    const recovering = next.runs.recover();
    journal.outage = { error: FailureError.of('unavailable', 'the connection broke'), afterWrite: true };
    await expect(next.start()).rejects.toThrow('the connection broke');
    expect(await recovering).toBe(1);
    expect(await next.runs.recover()).toBe(1);
    expect(next.runs.size).toBe(2);
  });

  it('lets go of what it holds of a partition that somebody else had meanwhile', async () => {
    const run = await replica.start();
    const other = new Replica(journal, plan).own(2);
    await other.runs.give(run.facts.id, other.result('a'));
    replica.own(3);
    expect(replica.runs.peek(run.facts.id)).toBeUndefined();
    expect(await replica.runs.give(run.facts.id, replica.result('b'))).toBe(true);
  });

  it('gives everybody the same run while it is being read', async () => {
    const { facts } = await replica.start();
    const next = new Replica(journal, plan).own(2);
    const [, found] = await Promise.all([next.runs.recover(), next.runs.find(facts.id)]);
    expect(next.runs.peek(facts.id)).toBe(found);
    expect(next.dispatched).toEqual(['run-task a 1']);
  });

  it('does not keep a run in memory that was paused while its partition was read', async () => {
    const waiting = new Replica(journal, compile(patient, catalog).plan!).own(3);
    const { facts } = await waiting.start();
    vi.spyOn(journal, 'unfinished').mockResolvedValue([facts.id]);
    waiting.runs.distrust(1);
    expect(await waiting.runs.recover()).toBe(1);
    expect(waiting.runs.size).toBe(0);
  });
});
