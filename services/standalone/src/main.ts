import 'reflect-metadata';
import { FailureError } from '@treadle/failure';
import { readyText } from './ready-text.js';
import { startStandalone } from './standalone.js';

async function start(): Promise<void> {
  const standalone = await startStandalone(process.env);
  process.stdout.write(readyText(standalone.url, standalone.firstKey));
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= standalone.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function fail(error: unknown): never {
  const trouble = error instanceof FailureError ? error.message : error;
  process.stderr.write(`${trouble instanceof Error ? (trouble.stack ?? trouble.message) : String(trouble)}\n`);
  process.exit(1);
}

start().catch(fail);
