import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/**
 * Reserves any number of calls in one statement: the decision and what it rests on are one transaction without a round trip in between.
 * The counters of the whole batch are locked first, in one order, so that batches never wait for each other in a circle.
 */
export const reserveFunction = migrationOf(sql`
  -- The earlier attempt of the same call, made by a process that has died: it goes on under the new owner and is counted once.
  -- orphan is what it had set aside, counted what the ledger has of it already.
  create function adopt_call(p_call jsonb, out call_id uuid, out orphan reservation, out counted usage_ledger) language plpgsql as $$
  begin
    call_id := (p_call->>'id')::uuid;
    if p_call->>'idempotency_key' = '' then return; end if;
    select r.* into orphan from reservation r
    where r.tenant_id = p_call->>'tenant_id' and r.idempotency_key = p_call->>'idempotency_key'
      and r.provider = p_call->>'provider' and r.model = p_call->>'model' and not owner_alive(r.owner)
    limit 1 for update;
    if found then
      delete from reservation r where r.id = orphan.id;
      perform spend(orphan.counters, -orphan.usd, -(orphan.input_tokens + orphan.output_tokens), 0, 0);
      call_id := orphan.id;
      select l.* into counted from usage_ledger l where l.id = orphan.id;
      return;
    end if;
    select l.* into counted from usage_ledger l
    where l.tenant_id = p_call->>'tenant_id' and l.idempotency_key = p_call->>'idempotency_key'
      and l.provider = p_call->>'provider' and l.model = p_call->>'model' and not l.cached and not owner_alive(l.owner)
      and not exists (select from reservation r where r.id = l.id)
      and l.at > now() - interval '1 hour'
    order by l.at desc limit 1;
    call_id := coalesce(counted.id, call_id);
  end $$;

  create function reserve_calls(p_owner integer, p_calls jsonb)
  returns table (ordinal integer, verdict text, call_id uuid, budget text, share double precision)
  language plpgsql as $$
  #variable_conflict use_column
  declare
    v_call record;
    v_counters jsonb;
    v_full record;
    v_orphan reservation;
    v_counted usage_ledger;
    v_known boolean;
    v_adopted record;
  begin
    insert into budget_counter (budget_id, subject, period_start)
    select k.b, k.s, k.p from jsonb_array_elements(p_calls) i
    cross join lateral jsonb_to_recordset(applying_counters(i)) as k(b uuid, s text, p timestamptz)
    group by 1, 2, 3 order by 1, 2, 3
    on conflict do nothing;
    perform lock_counters(coalesce(jsonb_agg(k), '[]')) from (
      select jsonb_array_elements(applying_counters(i)) from jsonb_array_elements(p_calls) i
      union
      select jsonb_array_elements(r.counters) from jsonb_array_elements(p_calls) i
      join reservation r on r.tenant_id = i->>'tenant_id' and r.idempotency_key = i->>'idempotency_key'
      where i->>'idempotency_key' <> '' and r.idempotency_key <> ''
    ) as locked(k);

    for v_call in select * from jsonb_to_recordset(p_calls) as x(
      ordinal integer, id uuid, tenant_id text, workflow_id text, run_id text, node_key text, api_key_id text, operation text,
      provider text, model text, route text, idempotency_key text, price_version text, usd numeric,
      input_tokens bigint, output_tokens bigint, expires_at timestamptz
    ) order by x.ordinal loop
      v_counters := applying_counters(to_jsonb(v_call));
      ordinal := v_call.ordinal;
      select * into v_adopted from adopt_call(to_jsonb(v_call));
      call_id := v_adopted.call_id;
      v_orphan := v_adopted.orphan;
      v_counted := v_adopted.counted;
      -- What these counters have of the call already is not needed a second time, and one that was answered is known to the cent:
      -- whoever asks again for the last answer of a budget is given it.
      if v_counted.counters = v_counters then
        v_known := v_counted.status = 'completed';
        v_call.usd := v_call.usd - least(v_call.usd, case when v_known then v_call.usd else coalesce(v_counted.usd, 0) end);
        v_call.input_tokens :=
          v_call.input_tokens - least(v_call.input_tokens, case when v_known then v_call.input_tokens else v_counted.input_tokens end);
        v_call.output_tokens :=
          v_call.output_tokens - least(v_call.output_tokens, case when v_known then v_call.output_tokens else v_counted.output_tokens end);
      end if;

      select b.name, b.limit_usd is not null and v_call.usd is null as unpriced,
        -- Whether what is left is only set aside for calls that run now.
        coalesce(c.spent_usd + v_call.usd <= b.limit_usd, true)
          and coalesce(c.spent_tokens + v_call.input_tokens + v_call.output_tokens <= b.limit_tokens, true) as busy,
        jsonb_build_array(to_jsonb(k)) as counter
      into v_full
      from jsonb_to_recordset(v_counters) as k(b uuid, s text, p timestamptz)
      join budget b on b.id = k.b
      join budget_counter c on c.budget_id = k.b and c.subject = k.s and c.period_start = k.p
      where (b.limit_usd is not null and v_call.usd is null)
        or c.spent_usd + c.reserved_usd + v_call.usd > b.limit_usd
        or c.spent_tokens + c.reserved_tokens + v_call.input_tokens + v_call.output_tokens > b.limit_tokens
      order by 2 desc, 3 limit 1;

      if found then
        verdict := case when v_full.unpriced then 'unpriced' when v_full.busy then 'busy' else 'exceeded' end;
        budget := v_full.name;
        share := 1;
        if verdict = 'exceeded' then perform note_levels(v_full.counter, true); end if;
        -- The earlier attempt stays accounted for, though this one is refused.
        if v_orphan.id is not null then
          insert into reservation select (v_orphan).*;
          perform spend(v_orphan.counters, v_orphan.usd, v_orphan.input_tokens + v_orphan.output_tokens, 0, 0);
        end if;
      else
        verdict := case when v_counters = '[]' then 'free' else 'reserved' end;
        budget := null;
        share := 0;
        select s.budget_name, s.used into budget, share from counter_shares(v_counters) s limit 1;
        perform spend(v_counters, v_call.usd, v_call.input_tokens + v_call.output_tokens, 0, 0);
        insert into reservation (id, owner, tenant_id, workflow_id, run_id, node_key, api_key_id, operation, provider, model,
          route, idempotency_key, price_version, usd, input_tokens, output_tokens, counters, expires_at)
        select call_id, p_owner, v_call.tenant_id, v_call.workflow_id, v_call.run_id, v_call.node_key, v_call.api_key_id,
          v_call.operation, v_call.provider, v_call.model, v_call.route, v_call.idempotency_key, v_call.price_version, v_call.usd,
          v_call.input_tokens, v_call.output_tokens, v_counters, v_call.expires_at
        where verdict = 'reserved';
      end if;
      return next;
    end loop;
  end $$`);
