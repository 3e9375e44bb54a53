import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureError } from '@treadle/failure';
import { InProcessBroker, InProcessBus, type MessageBus } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import type { Models } from '../src/domain/ports.js';
import { GatewayModule, gatewayAdapter, gatewaySchema, setUpGateway } from '../src/index.js';
import { FakeOrchestrator } from './fake-orchestrator.js';

export const apiKey = 'tk_for_specs';

/** The real gateway on a real port and database, before a fake orchestrator. */
export interface GatewayUnderTest {
  readonly url: string;
  readonly orchestrator: FakeOrchestrator;
  readonly bus: MessageBus;
  readonly pool: Pool;
  readonly firstKeys: string[];
  models: Models;
  /** Calls the API with the key. */
  call(path: string, options?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export const noModels: Models = {
  resolveModel: async () => {
    throw FailureError.of('unavailable', 'The model proxy is away.');
  },
};

export async function startGateway(
  key: string | undefined = apiKey,
  busOf = (broker: InProcessBroker) => new InProcessBus({ broker }),
): Promise<GatewayUnderTest> {
  const database = await testDatabase();
  const pool = createPool(database.connectionString, { schema: gatewaySchema, connectionTimeoutMs: 1000 });
  const broker = new InProcessBroker();
  const bus = new InProcessBus({ broker });
  const orchestrator = new FakeOrchestrator(bus);
  const firstKeys: string[] = [];
  const state = { models: noModels };

  @Module({
    imports: [
      GatewayModule.register({
        imports: [],
        inject: [],
        useFactory: () => ({
          runs: orchestrator.runService,
          workflows: orchestrator.workflowService,
          models: { resolveModel: (...question) => state.models.resolveModel(...question) },
          bus: busOf(broker),
          pool,
          apiKey: key,
          onFirstKey: (made) => firstKeys.push(made),
        }),
      }),
    ],
  })
  class SpecModule {}

  const app = await NestFactory.create<NestFastifyApplication>(SpecModule, gatewayAdapter(), {
    bodyParser: false,
    logger: false,
  });
  setUpGateway(app);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return Object.assign(state, {
    url,
    orchestrator,
    bus,
    pool,
    firstKeys,
    call: (path: string, options: RequestInit = {}) =>
      fetch(`${url}${path}`, {
        ...options,
        headers: { authorization: `Bearer ${key ?? firstKeys[0]}`, ...(options.headers as Record<string, string>) },
      }),
    close: async () => {
      await app.close();
      await pool.end();
      await database.drop();
    },
  });
}

/** A chat of one model, as a document. */
export const chatDocument = {
  format: 'treadle/v1',
  name: 'chat',
  kind: 'chat',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'llm',
      type: 'llm',
      config: {
        model: { provider: 'demo', name: 'demo' },
        prompt_template: [{ role: 'user', text: '{{#sys.query#}}' }],
      },
    },
    { id: 'answer', type: 'answer', config: { answer: 'Q {{#sys.query#}}: {{#llm.text#}}!' } },
  ],
  edges: [
    { source: 'start', target: 'llm' },
    { source: 'llm', target: 'answer' },
  ],
};
