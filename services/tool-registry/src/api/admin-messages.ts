import type {
  RecordedToolCall,
  ToolCredential,
  ToolPolicy as ToolPolicyMessage,
  Toolset as ToolsetMessage,
  ToolsetTool,
  ToolsetVersion as ToolsetVersionMessage,
} from '@treadle/contracts';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import type { RecordedCall } from '../domain/call-record.js';
import { invalid } from '../domain/names.js';
import { effectivePolicy, type PolicyDefaults, type ToolPolicy } from '../domain/policy.js';
import type { SealedCredential } from '../domain/sealed-credential.js';
import type { StoredTool, Toolset, ToolsetVersion } from '../domain/toolset.js';
import type { ProvidedKind } from '../domain/toolset-kind.js';

/** Whatever is kept, in the words of the contract. Secrets never leave: only their hints do. */

export function toolsetMessage(toolset: Toolset): ToolsetMessage {
  const { name, kind, description, servingVersion, candidateShare, latestVersion, credential } = toolset;
  return {
    ...{ name, kind, description, servingVersion, candidateShare, latestVersion },
    previousVersion: toolset.previousVersion ?? 0,
    candidateVersion: toolset.candidateVersion ?? 0,
    provided: false,
    credential: credential && credentialMessage(credential),
    createdUnixMs: toolset.createdAt.getTime(),
    updatedUnixMs: toolset.updatedAt.getTime(),
  };
}

/** A toolset that every tenant has. */
export function providedMessage({ kind, description }: ProvidedKind): ToolsetMessage {
  return {
    ...{ name: kind, kind, description, servingVersion: 1, latestVersion: 1 },
    ...{ previousVersion: 0, candidateVersion: 0, candidateShare: 0 },
    provided: true,
    credential: undefined,
    createdUnixMs: 0,
    updatedUnixMs: 0,
  };
}

export function versionMessage({ version, tools, hosts, warnings, createdAt }: ToolsetVersion): ToolsetVersionMessage {
  return { version, tools, hosts: [...hosts], warnings: [...warnings], createdUnixMs: createdAt.getTime() };
}

export function toolMessage({ tool, policy }: StoredTool, defaults: PolicyDefaults): ToolsetTool {
  const { mutating, needsApproval, repeatable } = effectivePolicy(tool, policy, defaults);
  const { name, description, parameters } = tool;
  const saved = Object.keys(policy).length > 0 ? { ...policy } : undefined;
  const parametersJson = JSON.stringify(parameters);
  return { name, description, parametersJson, mutating, needsApproval, repeatable, policy: saved };
}

/** Only what was set. */
export function toPolicy(policy: ToolPolicyMessage | undefined): ToolPolicy {
  return Object.fromEntries(Object.entries(policy ?? {}).filter(([, value]) => value !== undefined));
}

export function credentialMessage({ type, hosts, settings, hint, updatedAt }: SealedCredential): ToolCredential {
  const settingsJson = JSON.stringify(settings);
  return { type, hosts: [...hosts], settingsJson, hint, updatedUnixMs: updatedAt.getTime() };
}

export function callMessage(call: RecordedCall): RecordedToolCall {
  const { arguments: given, startedAt, finishedAt, ...same } = call;
  return {
    ...same,
    argumentsJson: JSON.stringify(given),
    startedUnixMs: startedAt.getTime(),
    finishedUnixMs: finishedAt?.getTime() ?? 0,
  };
}

/** @throws FailureError `invalid_argument` for what is no JSON object. */
export function objectOf(json: string, field: string): JsonObject {
  const value = parse(json);
  if (isJsonObject(value)) return value;
  throw invalid(field, `The ${field} must be a JSON object.`);
}

function parse(json: string): Json | undefined {
  try {
    return JSON.parse(json) as Json;
  } catch {
    return undefined;
  }
}
