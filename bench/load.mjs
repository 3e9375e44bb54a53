// Load on one address over keep-alive sockets, without an HTTP library: the driver shares the machine with what it measures.
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { quantile } from './quantile.mjs';
import { usageOf } from './usage.mjs';

/**
 * Connections for requests at random moments, open before the first: accepting one costs a server more than answering a request does, and a
 * system that is cold or held up for a moment would be met by ever more of them. What comes while all are busy waits for the next free one.
 */
const connectionsOfArrivals = 200;

/**
 * Sends the same request for some seconds, after a warm-up that is not counted: with `concurrency` from as many connections, each of
 * which asks again when it is answered; with `perSecond` at random moments, whatever becomes of the requests before. Such a request's time
 * counts from its moment, also while it waits for a connection.
 * `nextRequest` gives another `path` or `body`, or further `headers`, from the last answer of the same connection (undefined at first). `isGood` tells a good answer,
 * and `firstMark` the text whose arrival is the first token; without it the first byte after the head is.
 * @returns {Promise<{requests: number, rps: number, p50: number, p95: number, p99: number, firstByteP50: number, errors: number, waiting: number, cpuMs?: number}>}
 *   milliseconds; `waiting` requests had not been sent at the end, because the system is slower than they come; `cpuMs` is the processor time
 *   of `pid` and its children.
 */
export async function load({
  url,
  headers = {},
  body,
  concurrency,
  perSecond,
  seconds = 4,
  warmupSeconds = 1.5,
  pid,
  nextRequest,
  isGood = isWholeAnswer,
  firstMark = '',
}) {
  const same = requestOf(url, headers, body);
  const next = nextRequest ? (answer) => requestOf(url, headers, body, nextRequest(answer)) : () => same;
  const target = { ...addressOf(url), next, isGood, firstMark };
  const run = { counting: false, stopped: false, total: [], first: [], errors: 0, firstError: '', waiting: [] };
  const pool = perSecond && (await openPool(run, target));
  const done = pool ? [arrivals(run, pool, perSecond)] : callers(run, target, concurrency, warmupSeconds);
  await sleep(warmupSeconds);
  run.counting = true;
  const [startedAt, cpuBefore] = [performance.now(), pid ? usageOf([pid]).cpuMs : 0];
  await sleep(seconds);
  run.counting = false;
  const elapsed = (performance.now() - startedAt) / 1_000;
  const cpuMs = pid ? usageOf([pid]).cpuMs - cpuBefore : undefined;
  const waiting = run.waiting.length;
  run.stopped = true;
  await Promise.all(done);
  const requests = run.total.length;
  return {
    requests,
    rps: requests / elapsed,
    p50: quantile(run.total, 0.5),
    p95: quantile(run.total, 0.95),
    p99: quantile(run.total, 0.99),
    firstByteP50: quantile(run.first, 0.5),
    errors: run.errors,
    waiting,
    ...(run.firstError && { firstError: run.firstError }),
    ...(cpuMs !== undefined && { cpuMs }),
  };
}

function addressOf(url) {
  const { hostname, port } = new URL(url);
  return { hostname, port: Number(port) };
}

function requestOf(url, headers, usual, { path, body = usual, headers: own = {} } = {}) {
  const { pathname, host } = new URL(url);
  const all = {
    host,
    'content-type': 'application/json',
    ...headers,
    ...own,
    'content-length': Buffer.byteLength(body),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path ?? pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/** They come one after the other during the warm-up: callers that begin in the same instant stay in step, and wait for each other. */
function callers(run, target, concurrency, warmupSeconds) {
  return Array.from({ length: concurrency }, async (_, index) => {
    await sleep((warmupSeconds * index) / concurrency);
    while (!run.stopped) {
      await new Promise((over) => {
        const ready = () => (run.stopped ? caller.end() : caller.send(performance.now()));
        const caller = converse(run, target, { ready, over });
      });
      if (!run.stopped) await sleep(0.02);
    }
  });
}

/** A Poisson process: the gaps between two requests are exponential, from a fixed seed. */
async function arrivals(run, pool, perSecond) {
  const random = randomFrom(7);
  for (let nextAt = performance.now(); !run.stopped; await sleep(0.001)) {
    for (; nextAt <= performance.now(); nextAt -= (Math.log(1 - random()) / perSecond) * 1_000) {
      const caller = pool.idle.pop();
      // Not `nextAt`: that the driver's own timers are late is not the system's fault.
      if (caller) caller.send(performance.now());
      else run.waiting.push(performance.now());
    }
  }
  for (const caller of pool.all) caller.end();
}

/** Connections that are open; each takes what waits as soon as it is free. One that breaks is replaced. */
async function openPool(run, target) {
  const pool = { all: new Set(), idle: [] };
  const open = (opened) => {
    const ready = () => {
      opened();
      const askedAt = run.waiting.shift();
      if (askedAt === undefined) pool.idle.push(caller);
      else caller.send(askedAt);
    };
    const over = () => {
      opened();
      pool.all.delete(caller);
      pool.idle = pool.idle.filter((one) => one !== caller);
      if (!run.stopped) setTimeout(() => run.stopped || open(() => undefined), 20);
    };
    const caller = converse(run, target, { ready, over });
    pool.all.add(caller);
  };
  await Promise.all(Array.from({ length: connectionsOfArrivals }, () => new Promise(open)));
  return pool;
}

/** One connection: `ready` whenever it may send, `over` when it is closed. */
function converse(run, { hostname, port, next, isGood, firstMark }, { ready, over }) {
  const socket = connect(port, hostname).setNoDelay(true);
  let startedAt = 0;
  let firstAt = 0;
  let received = '';
  let answer;
  let waiting = false;
  socket.on('connect', ready);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (!run.stopped && run.counting && waiting) run.errors += 1;
    over();
  });
  socket.on('data', (data) => {
    received += data.latin1Slice();
    const head = received.indexOf('\r\n\r\n');
    if (head < 0) return;
    if (firstAt === 0 && received.length > head + 4 && received.includes(firstMark, head)) firstAt = performance.now();
    if (!complete(received, head)) return;
    if (run.counting) note(run, isGood(received), received, performance.now() - startedAt, firstAt - startedAt);
    answer = received.slice(head + 4);
    waiting = false;
    ready();
  });
  return {
    send: (askedAt) => {
      [startedAt, firstAt, received, waiting] = [askedAt, 0, '', true];
      socket.write(next(answer));
    },
    end: () => socket.destroy(),
  };
}

/** Numbers from 0 to below 1 that are the same in every run (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function complete(received, head) {
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, head + 2));
  if (length) return received.length >= head + 4 + Number(length[1]);
  return received.endsWith('0\r\n\r\n');
}

/** A stream that does not end with its mark is an error, whatever its status says. */
function isWholeAnswer(received) {
  return received.startsWith('HTTP/1.1 200') && (!/text\/event-stream/i.test(received) || received.includes('[DONE]'));
}

function note(run, isGood, received, total, first) {
  if (isGood) {
    run.total.push(total);
    run.first.push(first);
    return;
  }
  run.errors += 1;
  // The status and the end of the body tell most.
  run.firstError ||= `${received.slice(0, received.indexOf('\r\n'))} … ${received.slice(-700)}`;
}

function sleep(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
