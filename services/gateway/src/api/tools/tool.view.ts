import type {
  CallToolResponse,
  RecordedToolCall,
  ToolCredential,
  ToolPolicy,
  Toolset,
  ToolsetTool,
  ToolsetVersion,
} from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { PolicyBody } from './tool.schemas.js';

/** What the tool registry is set up with, as the native API shows it. */

export function toolsetView(toolset: Toolset) {
  return {
    name: toolset.name,
    kind: toolset.kind,
    description: toolset.description,
    serving_version: toolset.servingVersion,
    previous_version: toolset.previousVersion || null,
    candidate: toolset.candidateVersion ? { version: toolset.candidateVersion, share: toolset.candidateShare } : null,
    latest_version: toolset.latestVersion,
    provided: toolset.provided,
    credential: toolset.credential ? credentialView(toolset.credential) : null,
    created_at: moment(toolset.createdUnixMs),
    updated_at: moment(toolset.updatedUnixMs),
  };
}

export function versionView({ version, tools, hosts, warnings, createdUnixMs }: ToolsetVersion) {
  return { version, tools, hosts, warnings, created_at: new Date(createdUnixMs).toISOString() };
}

export function toolView({
  name,
  description,
  parametersJson,
  mutating,
  needsApproval,
  repeatable,
  policy,
}: ToolsetTool) {
  return {
    ...{ name, description, mutating, repeatable },
    parameters: JSON.parse(parametersJson) as unknown,
    needs_approval: needsApproval,
    policy: policy ? policyView(policy) : null,
  };
}

function policyView(policy: ToolPolicy): PolicyBody {
  const view = {
    mutating: policy.mutating,
    needs_approval: policy.needsApproval,
    repeatable: policy.repeatable,
    calls_per_minute: policy.callsPerMinute,
    concurrency: policy.concurrency,
    timeout_ms: policy.timeoutMs,
    breaker_failures: policy.breakerFailures,
  };
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}

export function toPolicy(body: PolicyBody): ToolPolicy {
  return {
    mutating: body.mutating,
    needsApproval: body.needs_approval,
    repeatable: body.repeatable,
    callsPerMinute: body.calls_per_minute,
    concurrency: body.concurrency,
    timeoutMs: body.timeout_ms,
    breakerFailures: body.breaker_failures,
  };
}

export function credentialView({ type, hosts, settingsJson, hint, updatedUnixMs }: ToolCredential) {
  return {
    ...{ type, hosts, hint },
    settings: JSON.parse(settingsJson) as unknown,
    updated_at: new Date(updatedUnixMs).toISOString(),
  };
}

export function answerView({ text, json, files, isError, version, warnings }: CallToolResponse) {
  return {
    text,
    ...(json !== '' && { json: JSON.parse(json) as unknown }),
    files: files.map((file) => ({
      name: file.name,
      media_type: file.mediaType,
      base64: Buffer.from(file.data).toString('base64'),
    })),
    is_error: isError,
    version,
    warnings,
  };
}

export function callView(call: RecordedToolCall) {
  const { id, toolset, tool, version, mutating, approved, status, summary, attempts } = call;
  return {
    ...{ id, toolset, tool, version, mutating, approved, status, summary, attempts },
    run_id: call.runId || null,
    node_key: call.nodeKey || null,
    workflow_id: call.workflowId || null,
    arguments: JSON.parse(call.argumentsJson) as unknown,
    is_error: call.isError,
    failure_code: call.failureCode || null,
    started_at: new Date(call.startedUnixMs).toISOString(),
    finished_at: moment(call.finishedUnixMs),
    duration_ms: call.finishedUnixMs ? Math.max(0, call.finishedUnixMs - call.startedUnixMs) : null,
  };
}

export function told<T>(value: T | undefined): T {
  if (value === undefined) throw FailureError.of('internal', 'The tool registry saved something and did not say what.');
  return value;
}

function moment(unixMs: number): string | null {
  return unixMs ? new Date(unixMs).toISOString() : null;
}
