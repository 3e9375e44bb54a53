import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FailureError } from '@treadle/failure';
import { migratedOnly } from '@treadle/persistence';
import { createLogger, NestLogger } from '@treadle/telemetry';
import { AppModule } from './app.module.js';
import { modelProxyMigrations, modelProxySchema } from './infra/migrations/index.js';
import { modelProxyProcessConfig } from './model-proxy.config.js';

async function start(): Promise<void> {
  const logger = createLogger({ service: 'model-proxy' });
  if (await migratedOnly(modelProxySchema, modelProxyMigrations, logger)) return;
  const config = modelProxyProcessConfig.read();
  const adapter = new FastifyAdapter({ forceCloseConnections: 'idle' });
  const module = await AppModule.connect(config, logger);
  const app = await NestFactory.create(module, adapter, { logger: new NestLogger(logger) });
  app.enableShutdownHooks();
  await app.listen(config.healthPort, config.host);
}

start().catch((error: unknown) => {
  const trouble = error instanceof FailureError ? error.message : error;
  process.stderr.write(`${String(trouble)}\n`);
  process.exit(1);
});
