import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FailureError } from '@treadle/failure';
import { createLogger, NestLogger } from '@treadle/telemetry';
import { AppModule } from './app.module.js';
import { nodeExecutorProcessConfig } from './node-executor.config.js';

async function start(): Promise<void> {
  const config = nodeExecutorProcessConfig.read();
  const logger = createLogger({ service: 'node-executor' });
  const module = await AppModule.connect(config, logger);
  const adapter = new FastifyAdapter({ forceCloseConnections: 'idle' });
  const app = await NestFactory.create(module, adapter, { logger: new NestLogger(logger) });
  app.enableShutdownHooks();
  await app.listen(config.healthPort, config.host);
  logger.info({ pools: config.pools, health: await app.getUrl() }, 'The executor takes tasks.');
}

start().catch((error: unknown) => {
  const trouble = error instanceof FailureError ? error.message : error;
  process.stderr.write(`${String(trouble)}\n`);
  process.exit(1);
});
