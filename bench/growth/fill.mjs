// Rows as years of use leave them, copied from those of one real run.
import { createHash } from 'node:crypto';

/** Ids of the past that sort by time, each a millisecond after the one before; `%s` is the number of the copy. */
const oldId = (number) =>
  `(lpad(to_hex(1600000000000 + ${number}), 12, '0') || '70018' || lpad(to_hex(${number}), 15, '0'))::uuid`;
const columns = `tenant_id, workflow_id, version, partition, status, created_at, finished_at, conversation_id, end_user, traceparent,
  input_tokens, output_tokens, failure, wake_at`;

/** Copies a run with its history until the journal holds so many events. @returns how many it holds. */
export async function fillJournal(sql, runId, events) {
  const { rows } = await sql.query('select sum(event_count)::int as held from orchestrator.journal where run_id = $1', [
    runId,
  ]);
  const each = rows[0].held;
  const have = await counted(sql);
  await copyRuns(sql, runId, Math.ceil(Math.max(0, events - have) / each), columns);
  await settled(sql);
  return counted(sql);
}

/** Copies a run as paused ones that wake in a year, until there are so many. */
export async function fillPaused(sql, runId, count) {
  const paused = columns
    .replace('status', "'paused'")
    .replace('finished_at', 'null::timestamptz')
    .replace('wake_at', "now() + interval '1 year'");
  await copyRuns(sql, runId, count, paused);
  await settled(sql);
}

/** What PostgreSQL does by itself after so many rows would be measured with what comes next. */
async function settled(sql) {
  await sql.query('vacuum (analyze) orchestrator.journal, orchestrator.runs');
  await sql.query('checkpoint');
}

async function copyRuns(sql, runId, count, values) {
  const { rows } = await sql.query(
    "select coalesce(max(('x' || substr(replace(id::text, '-', ''), 18, 15))::bit(60)::bigint), 0)::int as last from orchestrator.runs where id < '01800000-0000-0000-0000-000000000000'",
  );
  const [from, to] = [rows[0].last + 1, rows[0].last + count];
  await sql.query('set synchronous_commit = off');
  await sql.query(
    `insert into orchestrator.runs (id, ${columns}) select ${oldId('n')}, ${values}
    from orchestrator.runs, generate_series(${from}, ${to}) n where id = $1`,
    [runId],
  );
  await sql.query(
    `insert into orchestrator.journal (run_id, first_sequence, event_count, at, events)
    select ${oldId('n')}, first_sequence, event_count, at, events
    from generate_series(${from}, ${to}) n, orchestrator.journal where run_id = $1`,
    [runId],
  );
}

async function counted(sql) {
  const { rows } = await sql.query('select coalesce(sum(event_count), 0)::int as events from orchestrator.journal');
  return rows[0].events;
}

/** Organisations with a key and a workflow each, copied from one. @returns for each its authorization and its workflow's id. */
export async function fillTenants(sql, workflowId, count) {
  const made = Array.from({ length: count }, (_, place) => {
    const key = `trd_bench_${String(place).padStart(32, '0')}`;
    const id = workflowId.slice(0, -6) + (0x100000 + place).toString(16);
    return { tenant: `bench-${place}`, key, id, hash: createHash('sha256').update(key).digest('hex') };
  });
  const [tenants, hashes, ids] = ['tenant', 'hash', 'id'].map((field) => made.map((one) => one[field]));
  await sql.query('insert into gateway.organisation (id, name) select t, t from unnest($1::text[]) t', [tenants]);
  await sql.query(
    "insert into gateway.api_key (tenant_id, hash, prefix) select t, h, 'trd_bench' from unnest($1::text[], $2::text[]) u (t, h)",
    [tenants, hashes],
  );
  for (const [table, key] of [
    ['workflows', 'id'],
    ['workflow_versions', 'workflow_id'],
  ]) {
    const { rows } = await sql.query(
      "select string_agg(quote_ident(column_name), ', ') as rest from information_schema.columns where table_schema = 'orchestrator' and table_name = $1 and column_name not in ($2, 'tenant_id')",
      [table, key],
    );
    const { rest } = rows[0];
    await sql.query(
      `insert into orchestrator.${table} (${key}, tenant_id, ${rest}) select i, t, ${rest}
      from unnest($1::uuid[], $2::text[]) u (i, t), orchestrator.${table} where ${key} = $3`,
      [ids, tenants, workflowId],
    );
  }
  return made.map(({ key, id }) => ({ authorization: `Bearer ${key}`, id }));
}
