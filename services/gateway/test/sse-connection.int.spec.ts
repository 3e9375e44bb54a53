import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { SseConnection } from '../src/streaming/sse-connection.js';

afterEach(() => {
  vi.useRealTimers();
});

/** A client that asks and then reads nothing. */
async function silentClient() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  const close = async () => {
    socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { socket, response, close };
}

it('holds the writer back while the client takes nothing, and lets the client go in the end', async () => {
  const { response, close } = await silentClient();
  let gone = 0;
  const connection = new SseConnection(response, { 'x-request-id': 'r' }, () => (gone += 1));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let writes = 0;
  const writing = (async () => {
    for (; connection.open; writes += 1) await connection.write('x'.repeat(1 << 20));
  })();
  await vi.waitUntil(() => response.writableNeedDrain);
  expect(writes).toBeLessThan(64);
  await vi.advanceTimersByTimeAsync(30_000);
  await writing;
  expect([connection.open, gone]).toEqual([false, 1]);
  await close();
});

it('goes on when the client reads again', async () => {
  const { socket, response, close } = await silentClient();
  const connection = new SseConnection(response, {}, () => undefined);
  const held = connection.write('x'.repeat(64 << 20));
  expect(response.writableNeedDrain).toBe(true);
  socket.resume();
  await held;
  expect(connection.open).toBe(true);
  connection.end();
  await close();
});
