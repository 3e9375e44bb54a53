import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/** First key of the advisory locks that living proxies hold; the second is the owner's number. */
export const ownerLockClass = 7_203_115;

/** What reserving and settling are made of. A list of counters is JSON, as in the tables. */
export const counterFunctions = migrationOf(sql`
  create function owner_alive(p_owner integer) returns boolean language sql stable as $$
    select exists (
      select from pg_locks
      where locktype = 'advisory' and objsubid = 2 and granted
        and database = (select oid from pg_database where datname = current_database())
        and classid = ${sql.lit(ownerLockClass)}::oid and objid = p_owner::oid
    )
  $$;

  create function applying_counters(p_call jsonb) returns jsonb language sql stable as $$
    select coalesce(jsonb_agg(jsonb_build_object('b', id, 's', named, 'p', start)), '[]') from (
      select b.id, b.subject, case when b.period = 'total' then 'epoch'::timestamptz else date_trunc(b.period, now(), 'UTC') end as start,
        case b.scope when 'tenant' then '' when 'workflow' then p_call->>'workflow_id' when 'api_key' then p_call->>'api_key_id'
          else p_call->>'run_id' end as named, b.scope
      from budget b where b.tenant_id = p_call->>'tenant_id'
    ) applying
    where scope = 'tenant' or (named <> '' and subject in ('*', named))
  $$;

  create function lock_counters(p_counters jsonb) returns void language plpgsql as $$
  begin
    perform 1 from budget_counter c
    where (c.budget_id, c.subject, c.period_start) in (
      select k.b, k.s, k.p from jsonb_to_recordset(p_counters) as k(b uuid, s text, p timestamptz)
    )
    order by c.budget_id, c.subject, c.period_start
    for update;
  end $$;

  create function spend(
    p_counters jsonb, p_reserved_usd numeric, p_reserved_tokens bigint, p_spent_usd numeric, p_spent_tokens bigint
  ) returns void language sql as $$
    update budget_counter c
    set reserved_usd = c.reserved_usd + coalesce(p_reserved_usd, 0), reserved_tokens = c.reserved_tokens + p_reserved_tokens,
      spent_usd = c.spent_usd + coalesce(p_spent_usd, 0), spent_tokens = c.spent_tokens + p_spent_tokens
    from jsonb_to_recordset(p_counters) as k(b uuid, s text, p timestamptz)
    where c.budget_id = k.b and c.subject = k.s and c.period_start = k.p
  $$;

  create function counter_shares(p_counters jsonb) returns table (budget_name text, used double precision) language sql stable as $$
    select b.name, greatest(
      case when b.limit_usd > 0 then c.spent_usd / b.limit_usd when b.limit_usd = 0 then 1 else 0 end,
      case when b.limit_tokens > 0 then c.spent_tokens::numeric / b.limit_tokens when b.limit_tokens = 0 then 1 else 0 end
    )::double precision
    from jsonb_to_recordset(p_counters) as k(b uuid, s text, p timestamptz)
    join budget b on b.id = k.b
    join budget_counter c on c.budget_id = k.b and c.subject = k.s and c.period_start = k.p
    order by 2 desc
  $$;

  create function note_levels(p_counters jsonb, p_refused boolean) returns void language sql as $$
    with reached as (
      select c.budget_id, c.subject, c.period_start, b.tenant_id, max(t) as level
      from jsonb_to_recordset(p_counters) as k(b uuid, s text, p timestamptz)
      join budget_counter c on c.budget_id = k.b and c.subject = k.s and c.period_start = k.p
      join budget b on b.id = c.budget_id
      cross join unnest(b.thresholds || 100) as t
      where c.level < t and (p_refused or c.spent_usd * 100 >= b.limit_usd * t or c.spent_tokens * 100 >= b.limit_tokens * t)
      group by 1, 2, 3, 4
    ), raised as (
      update budget_counter c set level = r.level from reached r
      where c.budget_id = r.budget_id and c.subject = r.subject and c.period_start = r.period_start
      returning r.*
    )
    insert into budget_event (tenant_id, budget_id, subject, period_start, level)
    select tenant_id, budget_id, subject, period_start, level from raised
  $$`);
