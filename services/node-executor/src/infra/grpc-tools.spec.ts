import {
  type CallToolRequest,
  CallToolResponse,
  type DescribeToolsRequest,
  Task,
  ToolDescription,
} from '@treadle/contracts';
import { MemoryFileStore } from '@treadle/files';
import { describe, expect, it } from 'vitest';
import { GrpcTools, type ToolService } from './grpc-tools.js';
import { StoredFiles } from './stored-files.js';

const task = Task.fromPartial({
  runId: 'run-2',
  effectsRunId: 'run-1',
  nodeKey: 'agent[0]/calls[1]/call',
  tenantId: 'tenant',
  workflowId: 'workflow',
  traceparent: '00-trace',
  deadlineUnixMs: Number.MAX_SAFE_INTEGER,
});

function toolsAnswering(answer: Partial<CallToolResponse>, store = new MemoryFileStore()) {
  const asked: { described?: DescribeToolsRequest; called?: CallToolRequest } = {};
  const service: ToolService = {
    describeTools: async (request) => {
      asked.described = request;
      const tool = { name: { toolset: 'desk', tool: 'file' }, version: 2, parametersJson: '{"type":"object"}' };
      return { tools: [ToolDescription.fromPartial(tool)] };
    },
    callTool: async (request) => {
      asked.called = request;
      return CallToolResponse.fromPartial(answer);
    },
  };
  return {
    asked,
    tools: new GrpcTools(
      service,
      task,
      new StoredFiles(store, { tenantId: 'tenant', runId: 'run-2', effectKey: 'run-1/a' }),
      new AbortController().signal,
    ),
  };
}

const name = { toolset: 'desk', tool: 'file' };

describe('GrpcTools', () => {
  it('describes tools by the version that serves the run', async () => {
    const { asked, tools } = toolsAnswering({});
    expect(await tools.describe([name])).toMatchObject([{ name, version: 2, parameters: { type: 'object' } }]);
    expect(asked.described).toEqual({ tenantId: 'tenant', tools: [name], routingKey: 'run-1' });
  });

  it('calls in the name of the task, with a key that is the same on every attempt and in a run that resumes it', async () => {
    const { asked, tools } = toolsAnswering({ text: 'done', json: '{"a":1}', warnings: ['w'] });
    const answer = await tools.call({ name, version: 2, arguments: { x: 1 }, approved: true, timeoutSeconds: 60 });
    expect(answer).toEqual({ text: 'done', json: { a: 1 }, files: [], isError: false, warnings: ['w'] });
    expect(asked.called).toMatchObject({
      tenantId: 'tenant',
      version: 2,
      argumentsJson: '{"x":1}',
      idempotencyKey: 'run-1/agent[0]/calls[1]/call',
      routingKey: 'run-1',
      runId: 'run-2',
      nodeKey: 'agent[0]/calls[1]/call',
      approved: true,
    });
    expect(asked.called?.deadlineUnixMs).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it('stores the files of an answer once, however often it is given', async () => {
    const store = new MemoryFileStore();
    const file = { name: 'plot.png', mediaType: 'image/png', data: Buffer.from([1, 2]) };
    const { tools } = toolsAnswering({ files: [file] }, store);
    const [first, again] = [await tools.call({ name, arguments: {} }), await tools.call({ name, arguments: {} })];
    expect(again.files).toEqual(first.files);
    expect(first.files).toMatchObject([{ type: 'image', name: 'plot.png', size: 2, extension: '.png' }]);
    const files = new StoredFiles(store, { tenantId: 'tenant', runId: 'run-3', effectKey: 'run-3/b' });
    expect(await files.read(first.files[0]!, 2)).toEqual(Buffer.from([1, 2]));
  });
});
