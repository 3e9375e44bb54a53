import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/**
 * Settles any number of calls in one statement. A call's reservation is given back and what it used is counted, once: a second settlement of
 * the same call counts the difference, so that a late truth corrects an earlier worst case.
 */
export const settleFunction = migrationOf(sql`
  create function settle_calls(p_owner integer, p_calls jsonb) returns void language plpgsql as $$
  declare
    v_call record;
    v_reserved reservation;
    v_before usage_ledger;
    v_counters jsonb;
    v_touched jsonb := '[]';
  begin
    perform lock_counters(coalesce(jsonb_agg(k), '[]')) from (
      select jsonb_array_elements(r.counters) from jsonb_array_elements(p_calls) i join reservation r on r.id = (i->>'id')::uuid
      union
      select jsonb_array_elements(l.counters) from jsonb_array_elements(p_calls) i join usage_ledger l on l.id = (i->>'id')::uuid
    ) as locked(k);

    for v_call in select * from jsonb_to_recordset(p_calls) as x(
      id uuid, tenant_id text, workflow_id text, run_id text, node_key text, api_key_id text, operation text,
      provider text, model text, route text, idempotency_key text, price_version text, status text, cached boolean, usd numeric,
      input_tokens bigint, cached_input_tokens bigint, output_tokens bigint, reasoning_tokens bigint,
      latency_ms integer, first_token_ms integer, at timestamptz
    ) loop
      delete from reservation r where r.id = v_call.id returning r.* into v_reserved;
      -- Somebody else found it lost, or it came back to life, in the meantime.
      continue when v_call.status = 'lost' and v_reserved.id is null;
      perform spend(v_reserved.counters, -v_reserved.usd, -(v_reserved.input_tokens + v_reserved.output_tokens), 0, 0)
      where v_reserved.id is not null;
      continue when v_call.status = 'released';

      select l.* into v_before from usage_ledger l where l.id = v_call.id for update;
      if v_call.status = 'lost' and v_before.id is not null then
        -- A repeat set aside only what its first attempt had not come to, and one that was answered is known to the cent.
        continue when v_before.status = 'completed';
        v_call.usd := v_before.usd + v_call.usd;
        v_call.input_tokens := v_before.input_tokens + v_call.input_tokens;
        v_call.output_tokens := v_before.output_tokens + v_call.output_tokens;
      end if;
      v_counters := coalesce(v_reserved.counters, v_before.counters, '[]');
      insert into usage_ledger (id, owner, tenant_id, workflow_id, run_id, node_key, api_key_id, operation, provider, model, route,
        idempotency_key, price_version, status, cached, usd, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
        latency_ms, first_token_ms, counters, at)
      values (v_call.id, p_owner, v_call.tenant_id, v_call.workflow_id, v_call.run_id, v_call.node_key, v_call.api_key_id,
        v_call.operation, v_call.provider, v_call.model, v_call.route, v_call.idempotency_key, v_call.price_version, v_call.status,
        v_call.cached, v_call.usd, v_call.input_tokens, v_call.cached_input_tokens, v_call.output_tokens, v_call.reasoning_tokens,
        v_call.latency_ms, v_call.first_token_ms, v_counters, v_call.at)
      on conflict (id) do update set owner = excluded.owner, status = excluded.status, usd = excluded.usd,
        price_version = excluded.price_version, input_tokens = excluded.input_tokens,
        cached_input_tokens = excluded.cached_input_tokens, output_tokens = excluded.output_tokens,
        reasoning_tokens = excluded.reasoning_tokens, latency_ms = excluded.latency_ms, first_token_ms = excluded.first_token_ms,
        counters = excluded.counters;
      perform spend(v_before.counters, 0, 0, -v_before.usd, -(v_before.input_tokens + v_before.output_tokens))
      where v_before.id is not null;
      perform spend(v_counters, 0, 0, v_call.usd, v_call.input_tokens + v_call.output_tokens);
      v_touched := v_touched || v_counters;
    end loop;

    perform note_levels(
      (select coalesce(jsonb_agg(distinct k), '[]') from jsonb_array_elements(v_touched) k), false) where v_touched <> '[]';
  end $$`);
