import { FailureError } from '@treadle/failure';
import type { InputVariable } from '@treadle/nodes';
import { isJsonObject, type Json, type JsonObject, type WorkflowDocument } from '@treadle/workflow';
import type { FastifyRequest } from 'fastify';
import type { Workflows } from '../../domain/ports.js';
import { callerOf } from '../auth/caller-of.js';
import { type DifyCode, difyFailure } from './dify-error.js';
import { versionOf } from './version-id.js';

const modes = ['advanced-chat', 'agent-chat', 'chat', 'completion', 'workflow'] as const;
export type AppMode = (typeof modes)[number];

/** A workflow as Dify's clients know it: the app that their key is for. */
export interface App {
  readonly tenantId: string;
  readonly workflowId: string;
  /** The version that is published or was asked for, or the newest. */
  readonly version: number;
  readonly name: string;
  readonly description: string;
  readonly mode: AppMode;
  readonly createdUnixMs: number;
  readonly document: WorkflowDocument;
}

/** Finds the app that a request is about: the workflow that its key is bound to. */
export class Apps {
  constructor(private readonly workflows: Pick<Workflows, 'getWorkflow'>) {}

  /**
   * @param pinned the id of a version, as answers name it, or its number; absent takes the published one
   * @throws FailureError Dify's `app_unavailable`, `not_found` where there is no such version
   */
  async of(request: FastifyRequest, pinned?: string): Promise<App> {
    const { tenantId, workflowId } = appOf(request);
    const wanted = pinned === undefined ? 0 : versionOf(workflowId, pinned);
    if (wanted === undefined) throw noVersion(pinned);
    const found = await this.workflows
      .getWorkflow({ tenantId, workflowId, version: wanted })
      .catch((error: unknown) => {
        throw isMissing(error) ? (wanted === 0 ? gone() : noVersion(pinned)) : error;
      });
    const published = found.workflow?.publishedVersion ?? 0;
    const takesOther = wanted === 0 && published !== 0 && published !== found.version?.version;
    const { workflow, version } = takesOther
      ? await this.workflows.getWorkflow({ tenantId, workflowId, version: published })
      : found;
    if (!workflow || !version?.source) throw gone();
    const document = JSON.parse(version.source.documentJson) as WorkflowDocument;
    const { name, description, createdUnixMs } = workflow;
    const facts = { tenantId, workflowId, name, description, createdUnixMs };
    return { ...facts, version: version.version, document, mode: modeOf(document) };
  }
}

/** What the key of a request is for. @throws FailureError Dify's `app_unavailable` for keys that are for everything */
export function appOf(request: FastifyRequest): { readonly tenantId: string; readonly workflowId: string } {
  const { tenantId, bound } = callerOf(request);
  if (bound && 'workflowId' in bound) return { tenantId, workflowId: bound.workflowId };
  throw difyFailure(
    'app_unavailable',
    'This credential is for no app. Create a key for one with: treadle keys create --name my-app --workflow <workflow id> --scope runs:start runs:read runs:cancel conversations:read conversations:write files:read files:write approvals:answer',
  );
}

const kinds = {
  chat: { modes: ['advanced-chat', 'agent-chat', 'chat'], code: 'not_chat_app', route: '/chat-messages' },
  completion: { modes: ['completion'], code: 'not_completion_app', route: '/completion-messages' },
  workflow: { modes: ['workflow'], code: 'not_workflow_app', route: '/workflows/run' },
} as const satisfies Record<string, { modes: readonly AppMode[]; code: DifyCode; route: string }>;

export type AppKind = keyof typeof kinds;

export function kindOf({ mode }: Pick<App, 'mode'>): AppKind {
  if (mode === 'completion' || mode === 'workflow') return mode;
  return 'chat';
}

/** @throws FailureError `not_chat_app` and its kin, which say where the app is to be asked instead */
export function requireKind(app: App, ...wanted: readonly [AppKind, ...AppKind[]]): void {
  const kind = kindOf(app);
  if (wanted.includes(kind)) return;
  const message = `The mode of this app is ${app.mode}, and this route is for others. It is called by POST ${kinds[kind].route}.`;
  throw difyFailure(kinds[wanted[0]].code, message);
}

/** What the user is asked before a run. */
export function inputVariables({ document }: Pick<App, 'document'>): readonly InputVariable[] {
  const start = document.nodes.find(({ type, parent }) => type === 'start' && parent === undefined);
  return (start?.config['variables'] ?? []) as unknown as InputVariable[];
}

/** What the app was given beside its graph: greetings, suggested questions and the like. */
export function featuresOf({ document: { extensions } }: Pick<App, 'document'>): JsonObject {
  const { features, model_config: config } = extensions;
  return objectOr(features) ?? objectOr(config) ?? {};
}

export function objectOr(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

function modeOf({ kind, extensions }: WorkflowDocument): AppMode {
  const said = objectOr(extensions['dify'])?.['mode'];
  return modes.find((mode) => mode === said) ?? (kind === 'chat' ? 'advanced-chat' : 'workflow');
}

function isMissing(error: unknown): boolean {
  return error instanceof FailureError && error.failure.code === 'not_found';
}

function gone(): FailureError {
  return difyFailure(
    'app_unavailable',
    'The workflow that this key is for is not there any more. Ask who gave you the key.',
  );
}

function noVersion(id = ''): FailureError {
  return FailureError.of('not_found', `This app has no version ${id.slice(0, 100)}.`, { field: 'workflow_id' });
}
