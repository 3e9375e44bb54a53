import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as readAll } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Answer, startApiServer } from './api-server.js';

const command = fileURLToPath(new URL('../bin/treadle.mjs', import.meta.url));

interface Options {
  readonly answers?: Record<string, Answer>;
  readonly input?: string;
  readonly interruptAt?: (stdout: string) => boolean;
}

/** Runs the built command against a scripted server. */
export async function treadle(parameters: readonly string[], { answers = {}, input = '', interruptAt }: Options = {}) {
  const server = await startApiServer(answers);
  onTestFinished(server.close);
  const environment = { PATH: process.env.PATH, TREADLE_URL: server.url, TREADLE_API_KEY: 'secret' };
  const child = spawn(process.execPath, [command, ...parameters], { env: environment });
  child.stdin.end(input);
  if (interruptAt) interruptOnce(child, interruptAt);
  const [stdout, stderr, [code]] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, 'exit'),
  ]);
  return { stdout, stderr, code: code as number, asked: server.asked };
}

/** Once only: a second signal may meet a process that is ending and has no listener any more, and is then what ended it. */
function interruptOnce(child: ChildProcessWithoutNullStreams, isTime: (stdout: string) => boolean): void {
  let seen = '';
  child.stdout.on('data', function look(chunk: Buffer) {
    seen += chunk.toString();
    if (!isTime(seen)) return;
    child.stdout.off('data', look);
    child.kill('SIGINT');
  });
}
