import type { JsonObject } from '@treadle/workflow';
import type { Selectable } from 'kysely';
import type { CredentialType, SealedCredential } from '../domain/sealed-credential.js';
import type { StoredTool, Toolset, ToolsetVersion } from '../domain/toolset.js';
import type { KindName } from '../domain/toolset-kind.js';
import type { Tables } from './tables.js';

/** Rows, in the words of the domain. Only this service writes them, so their words are trusted. */

export function toToolset(row: Selectable<Tables['toolset']>, credential: SealedCredential | undefined): Toolset {
  return {
    name: row.name,
    kind: row.kind as KindName,
    description: row.description,
    servingVersion: row.serving_version,
    previousVersion: row.previous_version ?? undefined,
    candidateVersion: row.candidate_version ?? undefined,
    candidateShare: row.candidate_share,
    latestVersion: row.latest_version,
    credential,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toVersion(
  row: Pick<Selectable<Tables['toolset_version']>, 'version' | 'tools' | 'hosts' | 'warnings' | 'created_at'>,
): ToolsetVersion {
  const { version, tools, hosts, warnings, created_at } = row;
  return { version, tools, hosts, warnings, createdAt: created_at };
}

export function toCredential(row: Selectable<Tables['credential']>): SealedCredential {
  return {
    toolset: row.toolset,
    type: row.type as CredentialType,
    hosts: row.hosts,
    settings: row.settings as Readonly<Record<string, string>>,
    sealed: row.sealed,
    hint: row.hint,
    revision: row.revision,
    sealedToken: row.sealed_token ?? undefined,
    updatedAt: row.updated_at,
  };
}

/** A tool's row with what it is joined to. */
export type ToolRow = Selectable<Tables['tool']> & {
  readonly kind: string;
  readonly settings: object;
  readonly policy: object | null;
};

export function toStoredTool(row: ToolRow, credential: SealedCredential | undefined): StoredTool {
  return {
    toolset: row.toolset,
    kind: row.kind as KindName,
    version: row.version,
    tool: {
      name: row.name,
      description: row.description,
      parameters: row.parameters as JsonObject,
      mutating: row.mutating,
      repeatable: row.repeatable,
      invocation: row.invocation as JsonObject,
    },
    settings: row.settings as JsonObject,
    policy: row.policy ?? {},
    credential,
  };
}
