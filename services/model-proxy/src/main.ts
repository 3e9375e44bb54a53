import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { toFailure } from '@treadle/failure';
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

const app = await NestFactory.createApplicationContext(AppModule.register(readConfig()));
app.enableShutdownHooks();
