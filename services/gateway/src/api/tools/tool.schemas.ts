import { z } from 'zod';
import { pageSchema } from '../runs/run.schemas.js';

const name = z.string().max(100);
const jsonObject = z.record(z.string(), z.json());
const moment = z.iso.datetime({ offset: true });
const share = z.int().min(0).max(100);
const version = z.int().min(1).max(2_147_483_647);

export const listToolsetsSchema = z.strictObject(pageSchema);
export type ListToolsetsQuery = z.infer<typeof listToolsetsSchema>;

export const getToolsetSchema = z.strictObject({
  version: z.coerce.number().int().min(0).max(2_147_483_647).default(0).meta({
    description: 'The version whose tools are shown; without it the one that serves.',
  }),
});

export const saveToolsetSchema = z
  .strictObject({
    kind: name.meta({ description: 'What the source is, such as `openapi` or `mcp`.' }),
    source: jsonObject.meta({ description: 'What the tools are read from; its fields depend on the kind.' }),
    description: z.string().max(2000).optional(),
    share: share.optional().meta({ description: 'Percent of the calls that a new version serves; without it all.' }),
  })
  .meta({ id: 'SaveToolset' });
export type SaveToolsetBody = z.infer<typeof saveToolsetSchema>;

export const addVersionSchema = z
  .strictObject({
    source: jsonObject.optional().meta({ description: 'Without it the source is read once more.' }),
    share: share.optional(),
  })
  .prefault({})
  .meta({ id: 'AddToolsetVersion' });
export type AddVersionBody = z.infer<typeof addVersionSchema>;

export const shareVersionSchema = z
  .strictObject({
    version: version.optional().meta({ description: 'Without it the one that serves a share.' }),
    share: share.meta({ description: 'Percent of the calls; 100 lets it serve all.' }),
  })
  .meta({ id: 'ShareToolsetVersion' });
export type ShareVersionBody = z.infer<typeof shareVersionSchema>;

export const promoteVersionSchema = z
  .strictObject({ version: version.optional() })
  .prefault({})
  .meta({ id: 'PromoteToolsetVersion' });

export const policySchema = z
  .strictObject({
    mutating: z.boolean().optional().meta({ description: 'Whether a call may change something outside.' }),
    needs_approval: z.boolean().optional().meta({ description: 'Whether a person has to agree to each call.' }),
    repeatable: z.boolean().optional().meta({
      description: 'Whether a call may be made again when nobody can tell whether it happened.',
    }),
    calls_per_minute: z.int().min(1).max(1_000_000).optional(),
    concurrency: z.int().min(1).max(10_000).optional(),
    timeout_ms: z.int().min(1).max(3_600_000).optional(),
    breaker_failures: z.int().min(0).max(1_000).optional().meta({
      description: 'Failures in a row after which the tool is left alone for a while; 0 never leaves it alone.',
    }),
  })
  .meta({ id: 'ToolPolicy', description: 'What is left out is as the source says, or unlimited.' });
export type PolicyBody = z.infer<typeof policySchema>;

export const saveCredentialSchema = z
  .strictObject({
    type: z.string().max(50).meta({
      description:
        '`header`, `query` and `cookie` (name, value), `bearer` (token), `basic` (username, password), `oauth2_client_credentials` (token_url, client_id, client_secret, scope, audience, client_auth) or `oauth2_refresh_token` (the same and refresh_token).',
    }),
    hosts: z.array(z.string().max(260)).max(50).default([]).meta({
      description: 'It is sent to these hosts and no others; without them to those the toolset calls.',
    }),
    values: z
      .record(z.string().max(50), z.string().max(20_000))
      .meta({ description: 'Secrets are never shown again.' }),
  })
  .meta({ id: 'SaveToolCredential' });
export type SaveCredentialBody = z.infer<typeof saveCredentialSchema>;

export const testCredentialSchema = z
  .strictObject({
    url: z.string().max(2000).default('').meta({ description: 'An address of one of its hosts that answers to GET.' }),
  })
  .prefault({})
  .meta({ id: 'TestToolCredential' });

export const callToolSchema = z
  .strictObject({
    arguments: jsonObject.default({}),
    version: version.optional(),
    approved: z.boolean().default(false),
  })
  .prefault({})
  .meta({ id: 'CallTool' });
export type CallToolBody = z.infer<typeof callToolSchema>;

export const listCallsSchema = z.strictObject({
  toolset: name.default(''),
  tool: name.default(''),
  run_id: name.default(''),
  workflow_id: name.default(''),
  status: z.union([z.enum(['running', 'completed', 'failed', 'unknown']), z.literal('')]).default(''),
  mutating: z.stringbool().default(false).meta({ description: 'Only calls that may have changed something.' }),
  started_after: moment.optional(),
  started_before: moment.optional(),
  ...pageSchema,
});
export type ListCallsQuery = z.infer<typeof listCallsSchema>;

export const credentialSchema = z
  .object({
    type: z.string(),
    hosts: z.array(z.string()),
    settings: jsonObject,
    hint: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'ToolCredential' });

const toolset = {
  name,
  kind: name,
  description: z.string(),
  serving_version: z.int(),
  previous_version: z.int().nullable(),
  candidate: z.object({ version: z.int(), share }).nullable(),
  latest_version: z.int(),
  provided: z.boolean().meta({ description: 'Every tenant has it; it can be neither registered nor deleted.' }),
  credential: credentialSchema.nullable(),
  created_at: z.string().nullable(),
  updated_at: z.string().nullable(),
};
const toolsetVersion = z
  .object({
    version: z.int(),
    tools: z.int(),
    hosts: z.array(z.string()),
    warnings: z.array(z.string()),
    created_at: z.string(),
  })
  .meta({ id: 'ToolsetVersion' });

export const toolSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    parameters: jsonObject,
    mutating: z.boolean(),
    needs_approval: z.boolean(),
    repeatable: z.boolean(),
    policy: policySchema.nullable(),
  })
  .meta({ id: 'Tool' });

export const toolsetSchema = z.object(toolset).meta({ id: 'Toolset' });
export const toolsetPageSchema = z
  .object({ items: z.array(toolsetSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'ToolsetPage' });
export const shownToolsetSchema = z
  .object({ ...toolset, tools: z.array(toolSchema), versions: z.array(toolsetVersion) })
  .meta({ id: 'ShownToolset' });
export const registeredSchema = z
  .object({ ...toolset, changed: z.boolean(), version: toolsetVersion })
  .meta({ id: 'RegisteredToolset' });
export const credentialTestSchema = z
  .object({ accepted: z.boolean(), status: z.int().nullable(), message: z.string() })
  .meta({ id: 'ToolCredentialTest' });
export const toolAnswerSchema = z
  .object({
    text: z.string(),
    json: z.json().optional(),
    files: z.array(z.object({ name: z.string(), media_type: z.string(), base64: z.string() })),
    is_error: z.boolean(),
    version: z.int(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'ToolAnswer' });
export const callPageSchema = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        toolset: z.string(),
        tool: z.string(),
        version: z.int(),
        run_id: z.string().nullable(),
        node_key: z.string().nullable(),
        workflow_id: z.string().nullable(),
        mutating: z.boolean(),
        approved: z.boolean(),
        arguments: jsonObject,
        status: z.string(),
        is_error: z.boolean(),
        summary: z.string(),
        failure_code: z.string().nullable(),
        attempts: z.int(),
        started_at: z.string(),
        finished_at: z.string().nullable(),
        duration_ms: z.int().nullable(),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ToolCallPage' });
