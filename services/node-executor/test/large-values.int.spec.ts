import type { INestApplicationContext } from '@nestjs/common';
import type { Result } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { MemoryFileStore, RunValues } from '@treadle/files';
import { type MessageBus, NatsBus } from '@treadle/messaging';
import { type Execute, findExecutor } from '@treadle/nodes';
import { type NatsServer, natsAvailable, startNatsServer } from '@treadle/testing';
import { type JsonObject, largeFacts } from '@treadle/workflow';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aPlace, startExecutor, startOwner, until } from './executor-harness.js';

const tenantId = 'acme';
const long = 'long '.repeat(1024 * 1024);

describe.skipIf(!natsAvailable())('values that are too large for a message', () => {
  let server: NatsServer;
  let bus: MessageBus;
  let app: INestApplicationContext | undefined;
  const files = new MemoryFileStore();
  const values = new RunValues({ store: files, maxBytes: 100_000_000 });

  beforeAll(async () => {
    server = await startNatsServer();
    bus = await NatsBus.connect({ url: server.url, name: 'large-values-spec' });
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  afterAll(async () => {
    await bus?.close();
    await server?.stop();
  });

  /** Runs one task and gives its result. */
  async function resultOf(execute: Execute<never>, read: JsonObject, config: unknown = {}): Promise<Result> {
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    app = await startExecutor(bus, place.pool, { work: execute }, {}, files);
    const away = await values.putAway({ tenantId, runId: place.runId }, read);
    const task = { tenantId, valuesJson: JSON.stringify(away), configJson: JSON.stringify(config) };
    await place.enqueue(bus, place.aTask(task));
    await until(() => expect(results).toHaveLength(1));
    return results[0]!;
  }

  function outputsOf({ outcome }: Result): JsonObject {
    if (outcome?.$case !== 'completed') throw new Error(JSON.stringify(outcome));
    return JSON.parse(outcome.value.outputsJson) as JsonObject;
  }

  it('reach the node whole, and leave it as references', async () => {
    const result = await resultOf(
      async (_config, { read }) => ({ outputs: { same: read(['a', 'text']) === long, text: `${long}!`, count: 1 } }),
      { 'a.text': long },
    );
    const outputs = outputsOf(result);
    expect(outputs).toMatchObject({ same: true, count: 1 });
    expect(largeFacts(outputs['text'])).toMatchObject({ bytes: long.length + 3 });
    expect(await values.readBack(tenantId, outputs)).toEqual({ same: true, text: `${long}!`, count: 1 });
  });

  it('are read by control nodes here as the engine would', async () => {
    const config = { template: '{{ it | length }}', variables: [{ variable: 'it', value_selector: ['a', 'text'] }] };
    const result = await resultOf(findExecutor('template') as Execute<never>, { 'a.text': long }, config);
    expect(outputsOf(result)).toEqual({ output: String(long.length) });
  });

  it('are assigned to variables as references', async () => {
    const item = {
      variable_selector: ['loop', 'memory'],
      operation: 'append',
      input_type: 'variable',
      value: ['a', 'text'],
    };
    const read = { 'a.text': long, 'loop.memory': ['first'] };
    const result = await resultOf(findExecutor('assigner') as Execute<never>, read, { items: [item] });
    const { assignsJson } = result.outcome?.$case === 'completed' ? result.outcome.value : { assignsJson: '' };
    const assigns = JSON.parse(assignsJson) as { selector: string[]; value: never }[];
    expect(assigns).toMatchObject([{ selector: ['loop', 'memory'], value: { $large: { items: 2 } } }]);
    expect(await values.readBack(tenantId, assigns[0]!.value)).toEqual(['first', long]);
  });

  it('fail their node with the sizes when they are too large altogether', async () => {
    const result = await resultOf(async () => ({ outputs: { text: long.repeat(2) } }), {});
    expect(result.outcome).toMatchObject({
      $case: 'failed',
      value: { code: 'payload_too_large', message: expect.stringMatching(/10485762 bytes together; at most 8388608/) },
    });
  });

  it('fail their node when they are gone', async () => {
    const gone = { 'a.text': { $large: { key: `runs/gone/${'0'.repeat(64)}`, bytes: 5 } } };
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    app = await startExecutor(bus, place.pool, { work: async () => ({ outputs: {} }) }, {}, files);
    await place.enqueue(bus, place.aTask({ tenantId, valuesJson: JSON.stringify(gone) }));
    await until(() => expect(results[0]).toMatchObject({ outcome: { value: { code: 'value_missing' } } }));
  });

  it('cost the node no attempt while the store is away', async () => {
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    let calls = 0;
    const flaky = new MemoryFileStore();
    const put = flaky.put.bind(flaky);
    flaky.put = async (key, content) => {
      calls += 1;
      if (calls === 1) throw FailureError.of('unavailable', 'The store is away.');
      return put(key, content);
    };
    app = await startExecutor(bus, place.pool, { work: async () => ({ outputs: { text: long } }) }, {}, flaky);
    await place.enqueue(bus, place.aTask({ tenantId }));
    await until(() => expect(results[0]).toMatchObject({ attempt: 1, outcome: { $case: 'completed' } }));
  });
});
