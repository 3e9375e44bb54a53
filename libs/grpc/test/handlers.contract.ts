import type { ChatResponse, ModelServiceService } from '@treadle/contracts';
import { type Failure, FailureError } from '@treadle/failure';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Handlers } from '../src/index.js';
import { chatRequest, SampleController } from './sample-controller.js';

type Client = Handlers<typeof ModelServiceService>;

export interface Offered {
  readonly client: Client;
  /** Paths of the calls that met an error which is no failure. */
  readonly bugs: readonly string[];
  close(): Promise<void>;
}

const full: Failure = {
  code: 'provider_rate_limited',
  message: 'The provider said: zu viele Anfragen – später.',
  retryable: true,
  retryAfterSeconds: 2.5,
  field: 'nodes[2].config.model',
  details: { status: 429, nested: { list: [1, 'zwei'] } },
};

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FailureError);
  return (error as FailureError).failure;
}

async function texts(stream: AsyncIterable<ChatResponse>, into: string[] = []): Promise<string[]> {
  for await (const { part } of stream) into.push(part?.$case === 'text' ? part.value : (part?.$case ?? ''));
  return into;
}

/** What a caller may rely on, whether the service is in another process or in this one. */
export function handlersContract(name: string, offer: (controller: SampleController) => Promise<Offered>): void {
  describe(`handlers ${name}`, () => {
    let controller: SampleController;
    let offered: Offered;
    let client: Client;

    beforeEach(async () => {
      controller = new SampleController();
      offered = await offer(controller);
      client = offered.client;
    });
    afterEach(() => offered.close());

    it('answers a call', async () => {
      expect(await client.listModels({ tenantId: 'acme' })).toEqual({
        models: [{ provider: 'sample', model: 'acme' }],
        routes: [],
      });
    });

    it('passes the trace context', async () => {
      await client.listModels({ tenantId: '' }, { traceparent: '00-a-b-01' });
      expect(controller.seenTraceparent).toBe('00-a-b-01');
    });

    it('streams messages in order to the end', async () => {
      expect(await texts(client.chat(chatRequest('plain', 3)))).toEqual(['word0', 'word1', 'word2', 'finished']);
    });

    it('streams more messages than fit any buffer', async () => {
      expect((await texts(client.chat(chatRequest('plain', 5_000)))).length).toBe(5_001);
    });

    it('keeps every field of a failure, of a call and of a stream', async () => {
      controller.fails = full;
      expect(await failureOf(client.resolveModel({ tenantId: '', model: undefined }))).toEqual(full);
      const seen: string[] = [];
      expect(await failureOf(texts(client.chat(chatRequest('plain', 2)), seen))).toEqual(full);
      expect(seen).toEqual(['word0', 'word1']);
    });

    it('does not invent fields a failure does not have', async () => {
      controller.fails = { code: 'not_found', message: 'There is no such thing.', retryable: false };
      expect(await failureOf(client.resolveModel({ tenantId: '', model: undefined }))).toEqual(controller.fails);
    });

    it('tells the caller nothing about a bug and the log everything', async () => {
      const bug = { provider: '', model: 'bug' };
      const failed = await failureOf(client.resolveModel({ tenantId: '', model: bug }));
      expect(failed).toMatchObject({ code: 'internal', retryable: false });
      expect(JSON.stringify(failed)).not.toContain('secret');
      expect(await failureOf(texts(client.chat(chatRequest('bug'))))).toMatchObject({ code: 'internal' });
      expect(offered.bugs).toEqual([
        '/treadle.model.v1.ModelService/ResolveModel',
        '/treadle.model.v1.ModelService/Chat',
      ]);
    });

    it('stops the controller when the caller leaves a stream early', async () => {
      for await (const _ of client.chat(chatRequest('plain', 1_000_000))) break;
      await vi.waitFor(() => expect(controller.stopped).toBe(1));
      expect(controller.written).toBeLessThan(1_000_000);
    });

    it('ends a stream as cancelled when its signal is aborted', async () => {
      const abort = new AbortController();
      const seen: string[] = [];
      const failed = failureOf(texts(client.chat(chatRequest('hang', 2), { signal: abort.signal }), seen));
      await vi.waitFor(() => expect(seen.length).toBe(2));
      abort.abort();
      expect(await failed).toMatchObject({ code: 'cancelled' });
      await vi.waitFor(() => expect(controller.running).toBe(0));
    });

    it('ends a stream whose controller does not listen to the signal', async () => {
      const abort = new AbortController();
      const seen: string[] = [];
      const failed = failureOf(texts(client.chat(chatRequest('deaf', 2), { signal: abort.signal }), seen));
      await vi.waitFor(() => expect(seen.length).toBe(2));
      abort.abort();
      expect(await failed).toMatchObject({ code: 'cancelled' });
    });

    it('ends a call as cancelled when its signal is aborted, before or during it', async () => {
      const hang = { tenantId: '', model: { provider: '', model: 'hang' } };
      expect(await failureOf(client.resolveModel(hang, { signal: AbortSignal.abort() }))).toMatchObject({
        code: 'cancelled',
      });
      const abort = new AbortController();
      const failed = failureOf(client.resolveModel(hang, { signal: abort.signal }));
      setImmediate(() => abort.abort());
      expect(await failed).toMatchObject({ code: 'cancelled' });
    });

    it('says deadline_exceeded when the signal was a timeout', async () => {
      const hang = { tenantId: '', model: { provider: '', model: 'hang' } };
      expect(await failureOf(client.resolveModel(hang, { signal: AbortSignal.timeout(20) }))).toMatchObject({
        code: 'deadline_exceeded',
      });
      const stream = client.chat(chatRequest('hang'), { signal: AbortSignal.timeout(20) });
      expect(await failureOf(texts(stream))).toMatchObject({ code: 'deadline_exceeded' });
    });
  });
}
