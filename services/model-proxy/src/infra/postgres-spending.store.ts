import { FailureError } from '@treadle/failure';
import { type OwnerLock, withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import type { Spender } from '../domain/money-gate.js';
import type {
  BudgetEvent,
  ReserveCall,
  ReserveVerdict,
  SettleCall,
  SpendingCall,
  SpendingStore,
} from '../domain/spending.js';

/** Lost reservations settled in one go. */
const lostAtOnce = 500;

const deadQuery = 'select owner from (select distinct owner from reservation) as owners where not owner_alive(owner)';

const lostQuery = `
  select id, tenant_id, workflow_id, run_id, node_key, api_key_id, operation, provider, model, route, idempotency_key, price_version,
    'lost' as status, false as cached, usd, input_tokens, 0 as cached_input_tokens, output_tokens, 0 as reasoning_tokens,
    null as latency_ms, null as first_token_ms, at
  from reservation where owner = any($1::integer[]) and (idempotency_key = '' or expires_at < now())
  order by expires_at limit ${lostAtOnce}`;

const ledgerColumns = [
  ...[
    'id uuid',
    'tenant_id text',
    'workflow_id text',
    'run_id text',
    'node_key text',
    'api_key_id text',
    'operation text',
  ],
  ...['provider text', 'model text', 'route text', 'idempotency_key text', 'price_version text', 'status text'],
  ...['cached boolean', 'usd numeric', 'input_tokens bigint', 'cached_input_tokens bigint', 'output_tokens bigint'],
  ...['reasoning_tokens bigint', 'latency_ms integer', 'first_token_ms integer', 'at timestamptz'],
];
const ledgerNames = ledgerColumns.map((column) => column.split(' ', 1)[0]).join(', ');

/** Columns that may be null. */
const nullable = ['usd', 'latency_ms', 'first_token_ms'];
const zeros: Readonly<Record<string, string>> = { bigint: '0', boolean: 'false', text: "''" };
const orZero = ledgerColumns.map((column) => {
  const [name = '', type = ''] = column.split(' ');
  return nullable.includes(name) || !zeros[type] ? name : `coalesce(${name}, ${zeros[type]})`;
});

/** Without a function and its loop: most calls are written this way. What is empty is left out of a row, and most of it is. */
const noteQuery = `
  insert into usage_ledger (owner, counters, ${ledgerNames})
  select $1::integer, '[]'::jsonb, ${orZero.join(', ')} from json_to_recordset($2::json) as x(${ledgerColumns.join(', ')})
  on conflict (id) do nothing`;

const takeEventsQuery = `
  with taken as (
    update budget_event set published = true
    where id in (select id from budget_event where not published order by id limit 500 for update skip locked)
    returning *
  )
  select e.id, e.tenant_id as "tenantId", e.budget_id as "budgetId", b.name as budget, b.scope, e.subject,
    e.period_start as "periodStart", e.level, e.at
  from taken e join budget b on b.id = e.budget_id order by e.id`;

/** The books in PostgreSQL. Whether a call fits is decided by functions of the schema, next to the data. */
export class PostgresSpendingStore implements SpendingStore {
  /** Owners that had no lock when they were last looked for. */
  private suspects: ReadonlySet<number> = new Set();

  constructor(
    private readonly pool: Pool,
    private readonly ownerLock: OwnerLock,
  ) {}

  async reserve(calls: readonly ReserveCall[]): Promise<readonly ReserveVerdict[]> {
    const items = calls.map((call, ordinal) => ({
      ordinal,
      ...row(call),
      usd: call.usd ?? null,
      input_tokens: call.inputTokens,
      output_tokens: call.outputTokens,
      expires_at: call.expiresAt,
    }));
    return this.query<ReserveVerdict>(
      'select verdict, call_id as "callId", budget, share from reserve_calls($1, $2::jsonb) order by ordinal',
      [this.owner(), JSON.stringify(items)],
    );
  }

  async settle(calls: readonly SettleCall[]): Promise<void> {
    await this.query('select settle_calls($1, $2::jsonb)', [this.owner(), JSON.stringify(calls.map(settled))]);
  }

  async note(calls: readonly SettleCall[]): Promise<void> {
    await this.query(noteQuery, [this.owner(), JSON.stringify(calls.map(noted))]);
  }

  async settleLost(): Promise<number> {
    const rows = await this.query<{ owner: number }>(deadQuery, []);
    const dead = rows.map(({ owner }) => owner);
    // A process that lives but lost its connection takes its lock again before the second look.
    const certain = dead.filter((owner) => this.suspects.has(owner));
    this.suspects = new Set(dead);
    if (certain.length === 0) return 0;
    const lost = await this.query<object>(lostQuery, [certain]);
    if (lost.length > 0) await this.query('select settle_calls($1, $2::jsonb)', [this.owner(), JSON.stringify(lost)]);
    return lost.length;
  }

  async shareUsed({ tenantId, workflowId, runId, apiKeyId }: Spender): Promise<number> {
    const call = { tenant_id: tenantId, workflow_id: workflowId, run_id: runId, api_key_id: apiKeyId };
    const [fullest] = await this.query<{ used: number }>(
      'select used from counter_shares(applying_counters($1::jsonb)) limit 1',
      [JSON.stringify(call)],
    );
    return fullest?.used ?? 0;
  }

  async takeEvents(): Promise<readonly BudgetEvent[]> {
    return this.query<BudgetEvent>(takeEventsQuery, []);
  }

  private owner(): number {
    const { owner } = this.ownerLock;
    if (owner !== undefined) return owner;
    throw FailureError.of('unavailable', 'The model proxy is still starting.', { retryAfterSeconds: 1 });
  }

  private async query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    const { rows } = await withDatabase(() => this.pool.query<Row>(text, values));
    return rows;
  }
}

function row(call: SpendingCall) {
  return {
    id: call.id,
    tenant_id: call.tenantId,
    workflow_id: call.workflowId,
    run_id: call.runId,
    node_key: call.nodeKey,
    api_key_id: call.apiKeyId,
    operation: call.operation,
    provider: call.provider,
    model: call.model,
    route: call.route,
    idempotency_key: call.idempotencyKey,
    price_version: call.priceVersion,
  };
}

function settled(call: SettleCall) {
  return {
    ...row(call),
    status: call.status,
    cached: call.cached,
    usd: call.usd ?? null,
    input_tokens: call.inputTokens,
    cached_input_tokens: call.cachedInputTokens,
    output_tokens: call.outputTokens,
    reasoning_tokens: call.reasoningTokens,
    latency_ms: rounded(call.latencyMs),
    first_token_ms: rounded(call.firstTokenMs),
    at: call.at,
  };
}

/** A row without what is empty. */
function noted(call: SettleCall) {
  const { latencyMs, firstTokenMs } = call;
  return {
    id: call.id,
    tenant_id: call.tenantId,
    workflow_id: call.workflowId || undefined,
    run_id: call.runId || undefined,
    node_key: call.nodeKey || undefined,
    api_key_id: call.apiKeyId || undefined,
    operation: call.operation,
    provider: call.provider,
    model: call.model,
    route: call.route || undefined,
    idempotency_key: call.idempotencyKey || undefined,
    price_version: call.priceVersion || undefined,
    status: call.status,
    cached: call.cached || undefined,
    usd: call.usd,
    input_tokens: call.inputTokens || undefined,
    cached_input_tokens: call.cachedInputTokens || undefined,
    output_tokens: call.outputTokens || undefined,
    reasoning_tokens: call.reasoningTokens || undefined,
    latency_ms: latencyMs === undefined ? undefined : Math.round(latencyMs),
    first_token_ms: firstTokenMs === undefined ? undefined : Math.round(firstTokenMs),
    at: call.at,
  };
}

function rounded(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : Math.round(milliseconds);
}
