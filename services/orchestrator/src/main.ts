import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FailureError } from '@treadle/failure';
import { migratedOnly } from '@treadle/persistence';
import { createLogger, NestLogger } from '@treadle/telemetry';
import { AppModule } from './app.module.js';
import { schemaName } from './infra/database.js';
import { migrations } from './infra/migrations/index.js';
import { orchestratorProcessConfig } from './orchestrator.config.js';

async function start(): Promise<void> {
  const logger = createLogger({ service: 'orchestrator' });
  if (await migratedOnly(schemaName, migrations, logger)) return;
  const config = orchestratorProcessConfig.read();
  const module = await AppModule.connect(config, logger);
  const adapter = new FastifyAdapter({ forceCloseConnections: 'idle' });
  const app = await NestFactory.create(module, adapter, { logger: new NestLogger(logger) });
  app.enableShutdownHooks();
  await app.listen(config.healthPort, config.host);
}

start().catch((error: unknown) => {
  const trouble = error instanceof FailureError ? error.message : error;
  process.stderr.write(`${String(trouble)}\n`);
  process.exit(1);
});
