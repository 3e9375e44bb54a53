import { load } from '../load.mjs';
import { usageOf } from '../usage.mjs';

/**
 * One load on one system: `load`'s figures, and for each run the processor time of all its processes in milliseconds (PostgreSQL's apart as
 * well, and each service's where they are processes of their own), and, where its SQL can be asked, statements, commits and bytes of the
 * write-ahead log. Memory is of all processes, shared pages once.
 */
export async function measure(system, asked) {
  const { url = system.url, warmupSeconds, ...counted } = asked;
  const headers = system.headers;
  await load({ ...counted, url, headers, seconds: warmupSeconds, warmupSeconds: 0 });
  const before = await counts(system);
  const figures = await load({ ...counted, url, headers, warmupSeconds: 0 });
  const after = await counts(system);
  const each = (figure) => (after[figure] - before[figure]) / figures.requests;
  return {
    ...figures,
    cpuMsPerRun: each('cpuMs'),
    postgresCpuMsPerRun: each('postgresCpuMs'),
    cpuMsPerRunByRole: Object.fromEntries(
      Object.keys(before.roles).map((role) => [role, (after.roles[role] - before.roles[role]) / figures.requests]),
    ),
    walBytesPerRun: each('walBytes'),
    statementsPerRun: each('statements'),
    commitsPerRun: each('commits'),
    residentMb: after.residentBytes / 1_048_576,
  };
}

async function counts({ pids, postgresPid, roles = {}, sql }) {
  const postgres = postgresPid ? { postgresCpuMs: usageOf([postgresPid]).cpuMs } : {};
  const byRole = Object.entries(roles).map(([role, pid]) => [role, usageOf([pid]).cpuMs]);
  return { ...usageOf(pids), ...postgres, roles: Object.fromEntries(byRole), ...(sql && (await countsOf(sql))) };
}

async function countsOf(sql) {
  const { rows } = await sql.query(`select
    (select sum(calls) from pg_stat_statements where toplevel)::float8 as statements,
    (select sum(xact_commit) from pg_stat_database)::float8 as commits,
    pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as "walBytes"`);
  return rows[0];
}
