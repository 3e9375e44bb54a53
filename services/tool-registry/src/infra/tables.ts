import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type Json<T = object> = JSONColumnType<T & object, string, string>;
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** The tables of the schema. */
export interface Tables {
  toolset: {
    tenant_id: string;
    name: string;
    kind: string;
    description: string;
    source: Json;
    serving_version: number;
    previous_version: Nullable<number>;
    candidate_version: Nullable<number>;
    candidate_share: number;
    latest_version: number;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  toolset_version: {
    tenant_id: string;
    toolset: string;
    version: number;
    hash: string;
    settings: Json;
    hosts: string[];
    warnings: string[];
    tools: number;
    created_at: Generated<Date>;
  };
  tool: {
    tenant_id: string;
    toolset: string;
    version: number;
    name: string;
    description: string;
    parameters: Json;
    mutating: boolean;
    repeatable: boolean;
    invocation: Json;
  };
  tool_policy: { tenant_id: string; toolset: string; tool: string; policy: Json };
  credential: {
    tenant_id: string;
    toolset: string;
    type: string;
    hosts: string[];
    settings: Json;
    sealed: string;
    hint: string;
    revision: Generated<number>;
    sealed_token: Nullable<string>;
    updated_at: Generated<Date>;
  };
  tool_call: {
    id: Generated<string>;
    tenant_id: string;
    idempotency_key: Nullable<string>;
    toolset: string;
    tool: string;
    version: number;
    run_id: string;
    node_key: string;
    workflow_id: string;
    mutating: boolean;
    approved: boolean;
    arguments: Json;
    arguments_hash: string;
    status: ColumnType<'running' | 'completed' | 'failed' | 'unknown', string, string>;
    /** Whether a failed call is not to be made again. */
    settled: Generated<boolean>;
    owner: number;
    attempts: Generated<number>;
    is_error: Generated<boolean>;
    summary: Generated<string>;
    failure: ColumnType<object | null, string | null | undefined, string | null>;
    outcome: Nullable<Buffer>;
    child_run_id: Nullable<string>;
    deadline: Date;
    started_at: Generated<Date>;
    finished_at: Nullable<Date>;
  };
  tool_rate: { tenant_id: string; toolset: string; tool: string; minute: Date; calls: number };
}
