import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

const require = createRequire(import.meta.url);
/** The programs of the packages, as `npx` would start them. */
const programs = {
  everything: join(dirname(require.resolve('@modelcontextprotocol/server-everything/package.json')), 'dist/index.js'),
  memory: join(dirname(require.resolve('@modelcontextprotocol/server-memory/package.json')), 'dist/index.js'),
};

async function freePort(): Promise<number> {
  const server = createSocket().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What a spec started, to be ended after it. */
export class Servers {
  readonly #servers: Server[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #endings: (() => Promise<void>)[] = [];

  /** A server of the spec's own making; gives its address. */
  async serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    this.#servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** The reference server, in its own process, over streamable HTTP. */
  async everything(): Promise<string> {
    const port = await freePort();
    const child = spawn(process.execPath, [programs.everything, 'streamableHttp'], {
      env: { PATH: process.env.PATH, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#children.push(child);
    for await (const line of createInterface({ input: child.stderr })) {
      if (line.includes('listening')) break;
    }
    child.stderr.resume();
    return `http://127.0.0.1:${port}/mcp`;
  }

  /** A server that speaks over its standard streams, carried to streamable HTTP message by message: a process for each session. */
  async bridged(program: keyof typeof programs, env: Record<string, string> = {}): Promise<string> {
    const sessions = new Map<string, StreamableHTTPServerTransport>();
    const url = await this.serve((request, response) => {
      const known = sessions.get(request.headersDistinct['mcp-session-id']?.[0] ?? '');
      void (known ? Promise.resolve(known) : this.#bridge(program, env, sessions)).then((transport) =>
        transport.handleRequest(request, response),
      );
    });
    return `${url}/mcp`;
  }

  async #bridge(
    program: keyof typeof programs,
    env: Record<string, string>,
    sessions: Map<string, StreamableHTTPServerTransport>,
  ) {
    const inner = new StdioClientTransport({
      command: process.execPath,
      args: [programs[program]],
      env,
      stderr: 'ignore',
    });
    const outer = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, outer),
    });
    outer.onmessage = (message) => void inner.send(message);
    inner.onmessage = (message) => void outer.send(message);
    outer.onclose = () => void inner.close();
    await Promise.all([inner.start(), outer.start()]);
    this.#endings.push(() => outer.close());
    return outer;
  }

  async end(): Promise<void> {
    await Promise.all(this.#endings.splice(0).map((end) => end()));
    for (const child of this.#children.splice(0)) {
      if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    }
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
