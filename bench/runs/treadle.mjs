// Treadle as it is shipped, in one process or in several, on a PostgreSQL whose statements are counted.
import { join, resolve } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../libs/embedded-postgres/dist/index.js';
import { findNatsServer } from '../../libs/nats-server/dist/index.js';
import { answers, freePort, pause, start, stop } from '../children.mjs';

const apiKey = 'trd_bench_0123456789abcdef0123456789abcdef';
const headers = { authorization: `Bearer ${apiKey}` };
export const canRunProcesses = () => findNatsServer() !== undefined;

/** @param mode `standalone` or `processes` */
export async function startTreadle(mode, { mockUrl, dataDir }) {
  const postgres = await startEmbeddedPostgres({
    dataDir: join(dataDir, 'postgres'),
    settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_utility': 'off' },
  });
  const port = await freePort();
  const child = start(programs[mode], {
    DATABASE_URL: postgres.connectionString,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${resolve('bench/runs/noop-node.mjs')}`,
    OPENAI_BASE_URL: mockUrl,
    OPENAI_API_KEY: 'unused',
    TREADLE_API_KEY: apiKey,
    TREADLE_DATA_DIR: dataDir,
    TREADLE_HTTP_PORT: String(port),
    TREADLE_LOG_LEVEL: 'error',
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(child, `${url}/api/v1/workflows`, { headers });
  const sql = new pg.Pool({ connectionString: postgres.connectionString, max: 1 });
  // PostgreSQL may end before the pool does.
  sql.on('error', () => undefined);
  await sql.query('create extension if not exists pg_stat_statements');
  return {
    name: `treadle ${mode}`,
    url,
    headers,
    /** The services, with nats-server where there is one, and PostgreSQL. */
    pids: [child.pid, postgres.serverPid],
    postgresPid: postgres.serverPid,
    /** Process ids by role; empty where all is one process. */
    roles: rolesOf(child),
    sql,
    /** Bytes of the service's heap when its garbage is collected; in one process only. */
    heapUsed: async () => {
      child.said = '';
      child.kill('SIGUSR2');
      for (;;) {
        const [, bytes] = /heap-used (\d+)\n/.exec(child.said) ?? [];
        if (bytes) return Number(bytes);
        await pause(child);
      }
    },
    /** Stores a workflow and makes it the one that runs. @returns the address of its runs. */
    publish: async (document) => {
      const body = JSON.stringify(document);
      const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
      const { id } = JSON.parse(await answers(child, `${url}/api/v1/workflows`, { ...init, body }));
      await answers(child, `${url}/api/v1/workflows/${id}/publish`, { ...init, body: '{}' });
      return `${url}/api/v1/workflows/${id}/runs`;
    },
    stop: async () => {
      await stop(child);
      await sql.end();
      await postgres.stop();
    },
  };
}

const programs = {
  standalone: ['--expose-gc', 'services/standalone/dist/main.js'],
  // One of each, as the peer has.
  processes: ['services/standalone/dist/processes.js', '--orchestrators', '1', '--executors', '1'],
};

/** The processes of a launcher by role, as it says when it starts them. */
function rolesOf(child) {
  const said = child.said.split('\n').filter((line) => line.startsWith('{"process"'));
  return Object.fromEntries(said.map((line) => JSON.parse(line)).map(({ role, pid }) => [role, pid]));
}
