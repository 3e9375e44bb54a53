// Processes that a bench starts: each on a free port, stopped at the end.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { clearTimeout } from 'node:timers';

const children = [];

/** Starts a program of Node. What it says is kept in `said`, the last 4,000 characters of it. */
export function start(args, environment = {}) {
  return startProgram(process.execPath, args, environment);
}

export function startProgram(program, args, environment = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      child.said = (child.said + data).slice(-4_000);
    });
  children.push(child);
  return child;
}

/** Stops every process that was started. */
export async function stopAll() {
  await Promise.all(children.splice(0).map(stop));
}

export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

/** What a process says first. */
export async function firstLine(child) {
  while (!child.said.includes('\n')) await pause(child);
  return child.said.slice(0, child.said.indexOf('\n'));
}

/** Waits a moment. Throws with what it said when the process has ended. */
export async function pause(child) {
  if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended:\n${child.said}`);
  await new Promise((done) => setTimeout(done, 100));
}

/** Waits until a request is answered with success. @returns its text. */
export async function answers(child, url, init) {
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(url, init).catch(() => undefined);
    const text = await response?.text();
    if (response?.ok) return text;
    if (tries > 300) throw new Error(`${url} does not answer: ${text}\n${child.said}`);
    await pause(child);
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
