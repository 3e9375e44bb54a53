/** Stands for a Treadle process: starts a server on the folder given and then waits to be killed. */
import { setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module: library } = await runnerImport(fileURLToPath(new URL('../src/index.ts', import.meta.url)), {
  configFile: false,
  ssr: { resolve: { conditions: ['treadle-source', 'node'] } },
});
const server = await library.startEmbeddedPostgres({ dataDir: process.argv[2] });
process.stdout.write(`${JSON.stringify({ pid: server.serverPid, url: server.connectionString })}\n`);
setInterval(() => {}, 60_000);
