import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ModelServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { type TestAuthority, testAuthority } from '@treadle/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  GrpcServer,
  GrpcServerModule,
  grpcClient,
  type MutualTls,
  type RunningGrpcServer,
  served,
  startGrpcServer,
} from '../src/index.js';
import { chatRequest, SampleController } from './sample-controller.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(controller: SampleController, port = 0): Promise<RunningGrpcServer> {
  const server = await startGrpcServer({
    address: `127.0.0.1:${port}`,
    services: [served(ModelServiceService, controller)],
    onUnknownError: () => undefined,
    shutdownLimitMs: 100,
  });
  cleanups.push(() => server.close());
  return server;
}

function connect(port: number, deadlineMs?: number) {
  const client = grpcClient(ModelServiceService, { address: `127.0.0.1:${port}`, deadlineMs });
  cleanups.push(() => client.close());
  return client;
}

const code = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof FailureError ? error.failure.code : error;
};

const drain = async (stream: AsyncIterable<unknown>) => {
  for await (const _ of stream) continue;
};

describe('a gRPC client and server', () => {
  it('says unavailable when nobody listens', async () => {
    const server = await start(new SampleController());
    await server.close();
    const client = connect(server.port);
    expect(await code(client.listModels({ tenantId: '' }))).toBe('unavailable');
    expect(await code(drain(client.chat(chatRequest('plain'))))).toBe('unavailable');
  });

  it('says unavailable when the server dies during a stream, and recovers when it is back', async () => {
    const server = await start(new SampleController());
    const client = connect(server.port);
    let first = true;
    const broken = (async () => {
      for await (const _ of client.chat(chatRequest('deaf', 2))) {
        if (first) void server.close();
        first = false;
      }
    })();
    expect(await code(broken)).toBe('unavailable');
    await start(new SampleController(), server.port);
    await vi.waitFor(() => client.listModels({ tenantId: '' }), { timeout: 15_000 });
  });

  it('gives up a call after its deadline', async () => {
    const server = await start(new SampleController());
    const client = connect(server.port, 50);
    const hang = { provider: '', model: 'hang' };
    expect(await code(client.resolveModel({ tenantId: '', model: hang }))).toBe('deadline_exceeded');
  });

  it('refuses a message above the limit with payload_too_large', async () => {
    const server = await start(new SampleController());
    const client = connect(server.port);
    expect(await code(client.listModels({ tenantId: 'x'.repeat(33 * 1024 * 1024) }))).toBe('payload_too_large');
  });

  it('holds back a controller whose client reads slowly', async () => {
    const controller = new SampleController();
    const server = await start(controller);
    const request = chatRequest('plain', 10_000, 'x'.repeat(10_000));
    const stream = connect(server.port).chat(request)[Symbol.asyncIterator]();
    await stream.next();
    const settled = async () => {
      const before = controller.written;
      for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return controller.written === before;
    };
    await vi.waitFor(async () => expect(await settled()).toBe(true), { timeout: 15_000 });
    expect(controller.written).toBeLessThan(2_000);
    await stream.return?.();
  });

  it('goes on with a call however many of its neighbours are cancelled', async () => {
    const controller = new SampleController();
    const client = connect((await start(controller)).port);
    const staying = client.chat(chatRequest('hang', 1))[Symbol.asyncIterator]();
    await staying.next();
    const cancelOne = async () => {
      for await (const _ of client.chat(chatRequest('deaf', 1))) break;
    };
    for (let cancelled = 0; cancelled < 1500; cancelled += 50) await Promise.all(Array.from({ length: 50 }, cancelOne));
    const next = code(staying.next());
    await expect(Promise.race([next, client.listModels({ tenantId: 'still there' })])).resolves.toHaveProperty(
      'models',
    );
  });

  it('sends a failure whose details are too large for a trailer without them', async () => {
    const controller = new SampleController();
    controller.fails = {
      code: 'provider_rejected',
      message: 'm'.repeat(100_000),
      retryable: false,
      field: 'model',
      details: { body: 'x'.repeat(100_000) },
    };
    const server = await start(controller);
    const error: unknown = await connect(server.port)
      .resolveModel({ tenantId: '', model: undefined })
      .catch((thrown: unknown) => thrown);
    const { details, message, ...rest } = (error as FailureError).failure;
    expect(rest).toEqual({ code: 'provider_rejected', retryable: false, field: 'model' });
    expect(details).toBeUndefined();
    expect(message).toMatch(/^m{1000}/);
  });

  it('says unavailable after the client was closed', async () => {
    const server = await start(new SampleController());
    const client = connect(server.port);
    client.close();
    expect(await code(client.listModels({ tenantId: '' }))).toBe('unavailable');
    expect(await code(drain(client.chat(chatRequest('plain'))))).toBe('unavailable');
  });

  it('refuses a port that is taken, with the address', async () => {
    const server = await start(new SampleController());
    await expect(start(new SampleController(), server.port)).rejects.toThrow(`127.0.0.1:${server.port}`);
  });
});

@Injectable()
class NestController extends SampleController {}

@Module({ providers: [NestController], exports: [NestController] })
class ServiceModule {}

describe('GrpcServerModule', () => {
  it('listens while the app runs and lets running calls end when it stops', async () => {
    const root = GrpcServerModule.register({
      imports: [ServiceModule],
      inject: [NestController],
      useFactory: (controller: NestController) => ({
        address: '127.0.0.1:0',
        services: [served(ModelServiceService, controller)],
        log: { info: () => undefined, error: () => undefined },
      }),
    });
    const app = await NestFactory.createApplicationContext(root, { logger: false });
    cleanups.push(() => app.close());
    const client = connect(app.get(GrpcServer).port);
    const seen: unknown[] = [];
    let closing: Promise<void> | undefined;
    for await (const message of client.chat(chatRequest('plain', 50))) {
      closing ??= app.close();
      seen.push(message);
    }
    await closing;
    expect(seen.length).toBe(51);
    expect(await code(client.listModels({ tenantId: '' }))).toBe('unavailable');
  });
});

describe('a gRPC server that asks for certificates', () => {
  let ours: TestAuthority;
  let theirs: TestAuthority;
  beforeAll(async () => {
    [ours, theirs] = await Promise.all([testAuthority(), testAuthority()]);
  });
  afterAll(() => Promise.all([ours.close(), theirs.close()]));

  it('answers those who show one of its authority, and nobody else; clients talk to no server of another', async () => {
    const server = await startGrpcServer({
      address: '127.0.0.1:0',
      services: [served(ModelServiceService, new SampleController())],
      onUnknownError: () => undefined,
      tls: { ca: ours.ca, ...(await ours.issue('server')) },
    });
    cleanups.push(() => server.close());
    const own = await ours.issue('client');
    const foreign = await theirs.issue('client');
    const call = async (tls: MutualTls | undefined) => {
      const client = grpcClient(ModelServiceService, { address: `127.0.0.1:${server.port}`, deadlineMs: 5000, tls });
      cleanups.push(() => client.close());
      return code(client.listModels({ tenantId: '' }));
    };
    expect(await call({ ca: ours.ca, ...own })).toBeUndefined();
    expect(await call({ ca: ours.ca, ...foreign })).toBe('unavailable');
    expect(await call({ ca: theirs.ca, ...own })).toBe('unavailable');
    expect(await call(undefined)).toBe('unavailable');
  });
});
