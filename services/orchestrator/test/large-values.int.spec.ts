import { resultSubject, type Task, taskQueue } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { MemoryFileStore, RunValues } from '@treadle/files';
import { InProcessBus } from '@treadle/messaging';
import { testDatabase } from '@treadle/testing';
import { inlineBytes, type Json, type JsonObject, largeFacts } from '@treadle/workflow';
import { afterEach, describe, expect, it } from 'vitest';
import { Rig, resultOf, tenantId } from './rig.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Node = { readonly id: string; readonly type: string; readonly config: object };

const start: Node = { id: 'start', type: 'start', config: { variables: [{ variable: 'text', type: 'paragraph' }] } };
const llm = (id: string, text: string): Node => ({
  id,
  type: 'llm',
  config: { model: { provider: 'demo', name: 'demo' }, prompt_template: [{ role: 'user', text }] },
});
const end = (...selectors: string[][]): Node => ({
  id: 'end',
  type: 'end',
  config: { outputs: selectors.map((value_selector) => ({ variable: value_selector.join('_'), value_selector })) },
});

/** A workflow whose nodes follow each other as they are named. */
function chain(...nodes: Node[]) {
  const edges = nodes.slice(1).map(({ id }, index) => ({ source: nodes[index]!.id, target: id }));
  return { format: 'treadle/v1' as const, name: 'spec', nodes, edges } as Parameters<Rig['store']>[0];
}

async function aRig(files = new MemoryFileStore()) {
  const database = await testDatabase();
  cleanups.push(() => database.drop());
  const bus = new InProcessBus();
  const rig = new Rig(database.connectionString, bus, { alone: true, files });
  cleanups.push(() => rig.close());
  await rig.orchestrator.start();
  const values = new RunValues({ store: files, maxBytes: 100_000_000 });
  const tasks: Task[] = [];
  /** Executes tasks with what the function makes of them. */
  const execute = (outputs: (task: Task, values: Readonly<Record<string, string>>) => Record<string, string>) =>
    bus.consume(taskQueue('default'), { concurrency: 8, leaseMs: 5000 }, async ({ message: task }) => {
      tasks.push(task);
      const read = (await values.readBack(tenantId, JSON.parse(task.valuesJson) as Json)) as Record<string, string>;
      const away = await values.putAway(task, outputs(task, read));
      const value = { outputsJson: JSON.stringify(away), handle: '', usage: undefined, warnings: [], assignsJson: '' };
      await bus.request(
        resultSubject(task.partition),
        resultOf(task, { outcome: { $case: 'completed', value } }),
        5000,
      );
      return { kind: 'done' };
    });
  const run = async (document: Parameters<Rig['store']>[0], text: string) => {
    const answers = await rig.start(await rig.store(document), { inputsJson: JSON.stringify({ text }), wait: true });
    return rig.read(answers[0]!.run!.id);
  };
  const whole = (json: string) => values.readBack(tenantId, JSON.parse(json) as Json);
  return { rig, files, tasks, execute, run, whole };
}

describe('the large values of a run', () => {
  it('that a caller gives are put away before the start is committed', async () => {
    const { run, files, whole } = await aRig();
    const text = 'x'.repeat(2 * inlineBytes);
    const { status, inputsJson, outputsJson } = await run(chain(start, end(['start', 'text'])), text);
    expect(status).toBe('completed');
    expect([...files.files.keys()]).toHaveLength(1);
    expect(outputsJson.length).toBeLessThan(1000);
    expect(await whole(inputsJson)).toEqual({ text });
    expect(await whole(outputsJson)).toEqual({ start_text: text });
  });

  it('that a run was given are its own in a run that continues it', async () => {
    const { rig, run, whole, files } = await aRig();
    const text = 'x'.repeat(2 * inlineBytes);
    const origin = await run(chain(start, end(['start', 'text'])), text);
    const request = { tenantId, runId: origin.id, nodeKey: 'start', inputsJson: '', variablesJson: '', version: '' };
    const more = { idempotencyKey: '', requestHash: '', wait: true, traceparent: '' };
    const answers = await Array.fromAsync(rig.orchestrator.controllers.continuations.rerunRun({ ...request, ...more }));
    const again = answers.at(-1)!.run!;
    expect([again.status, await whole(again.outputsJson)]).toEqual(['completed', { start_text: text }]);
    expect([...files.files.keys()].filter((key) => key.includes(again.id))).toHaveLength(1);
  });

  it('that the engine itself makes are put away, and tasks find them', async () => {
    const { run, execute, tasks, whole } = await aRig();
    await execute((_task, values) => ({
      text: Object.values(values)
        .map((value) => value.length)
        .join(),
    }));
    const shout: Node = { id: 'twice', type: 'answer', config: { answer: '{{#start.text#}}{{#start.text#}}' } };
    const text = 'x'.repeat(inlineBytes - 100);
    const { status, outputsJson } = await run(
      chain(start, shout, llm('llm', '{{#twice.answer#}}'), end(['llm', 'text'])),
      text,
    );
    expect(status).toBe('completed');
    expect(await whole(outputsJson)).toEqual({ llm_text: String(2 * text.length), answer: text + text });
    expect(largeFacts((JSON.parse(tasks[0]!.valuesJson) as JsonObject)['twice.answer'])).toBeDefined();
  });

  it('do not fill a task with what is small alone and large together', async () => {
    const { run, execute, tasks, whole } = await aRig();
    const text = 'x'.repeat(inlineBytes - 100);
    await execute(({ nodeKey }, values) => ({
      text: nodeKey === 'sum' ? String(Object.values(values).join('').length) : text,
    }));
    const names = ['a', 'b', 'c', 'd', 'e'];
    const prompt = names.map((name) => `{{#${name}.text#}}`).join('');
    const nodes = [...names.map((name) => llm(name, 'go')), llm('sum', prompt)];
    const { outputsJson } = await run(chain(start, ...nodes, end(['sum', 'text'])), '');
    expect(await whole(outputsJson)).toEqual({ sum_text: String(5 * text.length) });
    expect(tasks.at(-1)!.valuesJson.length).toBeLessThan(1.5 * inlineBytes);
  });

  it('become one answer where a run has several', async () => {
    const { run, execute, whole } = await aRig();
    const text = 'x'.repeat(2 * inlineBytes);
    await execute(
      ({ nodeKey }, values): Record<string, string> =>
        nodeKey === 'llm' ? { text } : { answer: Object.values(values).join('') },
    );
    const answer = (id: string, words: string): Node => ({ id, type: 'answer', config: { answer: words } });
    const document = chain(start, answer('before', 'So: '), llm('llm', 'go'), answer('after', '{{#llm.text#}}'));
    const { status, outputsJson } = await run(document, '');
    expect(status).toBe('completed');
    expect(largeFacts((JSON.parse(outputsJson) as JsonObject)['answer'])).toMatchObject({ key: expect.any(String) });
    expect(await whole(outputsJson)).toEqual({ answer: `So: ${text}` });
  });

  it('that somebody makes up are refused', async () => {
    const { rig } = await aRig();
    const id = await rig.store(chain(start, end()));
    const forged = { text: { deep: [{ $large: { key: `runs/other/${'0'.repeat(64)}`, bytes: 1 } }] } };
    await expect(rig.start(id, { inputsJson: JSON.stringify(forged) })).rejects.toMatchObject({
      failure: { code: 'invalid_inputs', message: expect.stringContaining('$large') },
    });
  });

  it('keep a run from starting while the store is away, so that nobody believes it has', async () => {
    const files = new MemoryFileStore();
    const { rig } = await aRig(files);
    const id = await rig.store(chain(start, end()));
    const put = files.put.bind(files);
    files.put = async () => {
      throw FailureError.of('unavailable', 'The store is away.');
    };
    const request = { inputsJson: JSON.stringify({ text: 'x'.repeat(2 * inlineBytes) }), idempotencyKey: 'k' };
    await expect(rig.start(id, request)).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    files.put = put;
    const [accepted] = await rig.start(id, request);
    expect(accepted).toMatchObject({ repeatedStart: false, run: { status: 'completed' } });
  });

  it('fail their run alone when they are gone and have to be joined', async () => {
    const { rig, files, run, execute } = await aRig();
    const text = 'x'.repeat(2 * inlineBytes);
    await execute(({ nodeKey }): Record<string, string> => {
      if (nodeKey === 'two') files.get = async () => undefined;
      return nodeKey === 'llm' ? { text } : { answer: text };
    });
    const answer = (id: string): Node => ({ id, type: 'answer', config: { answer: '{{#llm.text#}}' } });
    const broken = await run(chain(start, llm('llm', 'go'), answer('one'), answer('two')), text);
    expect(broken).toMatchObject({ status: 'failed', failureJson: expect.stringContaining('value_missing') });
    expect(rig.errors).toEqual([]);
  });
});
