import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { toFailure } from '@treadle/failure';
import { createLogger, NestLogger } from '@treadle/telemetry';
import { AppModule } from './app.module.js';
import { type ModelProxyConfig, modelProxyConfig } from './model-proxy.config.js';

function readConfig(): ModelProxyConfig {
  try {
    return modelProxyConfig.read();
  } catch (error) {
    process.stderr.write(`${toFailure(error).message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const log = createLogger({ service: 'model-proxy' });
const adapter = new FastifyAdapter({ forceCloseConnections: 'idle' });
const app = await NestFactory.create(AppModule.register({ config, log }), adapter, { logger: new NestLogger(log) });
app.enableShutdownHooks();
await app.listen(config.healthPort, config.healthHost);
