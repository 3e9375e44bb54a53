import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FailureError } from '@treadle/failure';
import { migratedOnly } from '@treadle/persistence';
import { createLogger, NestLogger } from '@treadle/telemetry';
import { AppModule } from './app.module.js';
import { toolRegistryMigrations, toolRegistrySchema } from './infra/migrations/index.js';
import { toolRegistryProcessConfig } from './tool-registry.config.js';

async function start(): Promise<void> {
  const logger = createLogger({ service: 'tool-registry' });
  if (await migratedOnly(toolRegistrySchema, toolRegistryMigrations, logger)) return;
  const config = toolRegistryProcessConfig.read();
  const adapter = new FastifyAdapter({ forceCloseConnections: 'idle' });
  const module = AppModule.connect(config, logger);
  const app = await NestFactory.create(module, adapter, { logger: new NestLogger(logger) });
  app.enableShutdownHooks();
  await app.listen(config.healthPort, config.host);
}

start().catch((error: unknown) => {
  const trouble = error instanceof FailureError ? error.message : error;
  process.stderr.write(`${String(trouble)}\n`);
  process.exit(1);
});
