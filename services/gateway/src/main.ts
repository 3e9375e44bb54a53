import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureError } from '@treadle/failure';
import { migratedOnly } from '@treadle/persistence';
import { createLogger, Metrics, NestLogger } from '@treadle/telemetry';
import { gatewayAdapter } from './api/server/adapter.js';
import { setUpGateway } from './api/server/set-up.js';
import { AppModule } from './app.module.js';
import { gatewayProcessConfig } from './gateway.config.js';
import { httpSettings } from './http-settings.js';
import { gatewayMigrations, gatewaySchema } from './infra/migrations/index.js';

async function start(): Promise<void> {
  const log = createLogger({ service: 'gateway' });
  if (await migratedOnly(gatewaySchema, gatewayMigrations, log)) return;
  const config = gatewayProcessConfig.read();
  const metrics = new Metrics();
  const module = await AppModule.connect(config, log, metrics);
  const http = httpSettings(config);
  const options = { bodyParser: false, logger: new NestLogger(log), ...(http.tls && { httpsOptions: {} }) };
  const app = await NestFactory.create<NestFastifyApplication>(module, gatewayAdapter(http), options);
  setUpGateway(app, http, metrics);
  app.enableShutdownHooks();
  await app.listen(config.httpPort, config.host);
  log.info({ url: await app.getUrl() }, 'The gateway listens.');
}

start().catch((error: unknown) => {
  process.stderr.write(`${error instanceof FailureError ? error.message : String(error)}\n`);
  process.exit(1);
});
