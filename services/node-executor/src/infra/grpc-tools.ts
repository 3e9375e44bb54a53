import type { Task, ToolDescription as ToolDescriptionMessage, ToolServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { ToolAnswer, ToolDescription, ToolName, ToolQuestion, Tools } from '@treadle/nodes';
import type { Json, JsonObject } from '@treadle/workflow';
import { effectKey } from '../domain/effect-key.js';
import type { StoredFiles } from './stored-files.js';

/** The tool service, in another process or in this one. */
export type ToolService = Handlers<typeof ToolServiceService>;

/** Calls tools on behalf of one task: every attempt, and a run that resumes this one, makes the same call. */
export class GrpcTools implements Tools {
  constructor(
    private readonly service: ToolService,
    private readonly task: Task,
    private readonly files: StoredFiles,
    private readonly signal: AbortSignal,
  ) {}

  async describe(names: readonly ToolName[]): Promise<readonly ToolDescription[]> {
    const { tenantId } = this.task;
    const request = { tenantId, tools: names.map((name) => ({ ...name })), routingKey: this.#routingKey };
    const { tools } = await this.service.describeTools(request, this.#options);
    return tools.map(toDescription);
  }

  async call({ name, version, arguments: given, approved, timeoutSeconds }: ToolQuestion): Promise<ToolAnswer> {
    const { tenantId, workflowId, runId, nodeKey, deadlineUnixMs, traceparent } = this.task;
    const answer = await this.service.callTool(
      {
        tenantId,
        name: { ...name },
        version: version ?? 0,
        routingKey: this.#routingKey,
        argumentsJson: JSON.stringify(given),
        idempotencyKey: effectKey(this.task),
        deadlineUnixMs: earlier(deadlineUnixMs, timeoutSeconds),
        traceparent,
        runId,
        nodeKey,
        workflowId,
        approved: approved ?? false,
      },
      this.#options,
    );
    const { text, json, isError, warnings } = answer;
    const files = await Promise.all(
      answer.files.map(({ data, ...file }, index) => this.files.add(`tool/${index}`, { ...file, bytes: data })),
    );
    return { text, ...(json === '' ? {} : { json: JSON.parse(json) as Json }), files, isError, warnings };
  }

  /** A run that resumes another one stays with the versions that served it. */
  get #routingKey(): string {
    return this.task.effectsRunId || this.task.runId;
  }

  get #options() {
    const { traceparent } = this.task;
    return traceparent ? { signal: this.signal, traceparent } : { signal: this.signal };
  }
}

/** 0 stands for no deadline. */
function earlier(deadlineUnixMs: number, timeoutSeconds: number | undefined): number {
  if (timeoutSeconds === undefined) return deadlineUnixMs;
  const own = Date.now() + timeoutSeconds * 1000;
  return deadlineUnixMs > 0 ? Math.min(deadlineUnixMs, own) : own;
}

function toDescription({ name, parametersJson, ...facts }: ToolDescriptionMessage): ToolDescription {
  return {
    ...facts,
    name: { toolset: name?.toolset ?? '', tool: name?.tool ?? '' },
    parameters: (parametersJson === '' ? { type: 'object' } : JSON.parse(parametersJson)) as JsonObject,
  };
}
