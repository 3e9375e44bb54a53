import type {
  CallToolRequest,
  CallToolResponse,
  DescribeToolsRequest,
  DescribeToolsResponse,
  ToolDescription,
  ToolServiceService,
} from '@treadle/contracts';
import { failureKind, toFailure } from '@treadle/failure';
import type { CallOptions, Handlers } from '@treadle/grpc';
import { readArguments } from '../domain/arguments.js';
import type { CallTool } from '../domain/call-tool.js';
import { effectivePolicy, type PolicyDefaults } from '../domain/policy.js';
import type { ToolFinder } from '../domain/tool-finder.js';
import type { StoredTool } from '../domain/toolset.js';

/** Where the service writes what an operator should know. A pino logger is one. */
export interface ToolRegistryLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

const noSignal = new AbortController().signal;

/** The tool service, for callers in this process or over gRPC. */
export class ToolController implements Handlers<typeof ToolServiceService> {
  constructor(
    private readonly finder: ToolFinder,
    private readonly calls: CallTool,
    private readonly defaults: PolicyDefaults,
    private readonly log: ToolRegistryLog,
  ) {}

  async describeTools({ tenantId, tools, routingKey }: DescribeToolsRequest): Promise<DescribeToolsResponse> {
    const found = await Promise.all(
      tools.map(({ toolset, tool }) => this.finder.find(tenantId, { toolset, tool, version: 0, routingKey })),
    );
    return { tools: found.flat().map((stored) => this.description(stored)) };
  }

  async callTool(request: CallToolRequest, { signal = noSignal }: CallOptions = {}): Promise<CallToolResponse> {
    const { name, argumentsJson, ...rest } = request;
    const { toolset, tool } = name ?? { toolset: '', tool: '' };
    const startedAt = performance.now();
    const facts = { toolset, tool, runId: request.runId, nodeKey: request.nodeKey, traceparent: request.traceparent };
    const elapsed = () => ({ durationMs: Math.round(performance.now() - startedAt) });
    try {
      const asked = { ...rest, toolset, tool, arguments: readArguments(argumentsJson) };
      const { outcome, version } = await this.calls.call(asked, signal);
      this.log.info({ ...facts, version, isError: outcome.isError, ...elapsed() }, 'a tool answered');
      const { text, json, files, isError, warnings } = outcome;
      return {
        ...{ text, isError, version },
        json: json === undefined ? '' : JSON.stringify(json),
        files: files.map(({ data, ...file }) => ({ ...file, data: Buffer.from(data) })),
        warnings: [...warnings],
      };
    } catch (error) {
      const { code, message } = toFailure(error);
      // The caller's mistakes are told to the caller; bugs are logged at the edge.
      if (failureKind(code) === 'world')
        this.log.warn({ ...facts, ...elapsed(), code, reason: message }, 'a tool did not answer');
      throw error;
    }
  }

  private description({ toolset, tool, version, policy }: StoredTool): ToolDescription {
    const { mutating, needsApproval } = effectivePolicy(tool, policy, this.defaults);
    const { name, description, parameters } = tool;
    const parametersJson = JSON.stringify(parameters);
    return { name: { toolset, tool: name }, version, description, parametersJson, mutating, needsApproval };
  }
}
