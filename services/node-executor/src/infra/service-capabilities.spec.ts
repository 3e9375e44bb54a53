import { Task } from '@treadle/contracts';
import { DocumentReader } from '@treadle/documents';
import { MemoryFileStore } from '@treadle/files';
import { TenantHttp } from '@treadle/guarded-http';
import type { Sandbox } from '@treadle/sandbox';
import { TemplateRenderer } from '@treadle/templates';
import { describe, expect, it } from 'vitest';
import { ServiceCapabilities } from './service-capabilities.js';

const never = () => Promise.reject(new Error('Nobody asks for this here.'));

describe('ServiceCapabilities', () => {
  it('leaves a line in the log of what code was kept from, with where it ran', async () => {
    const lines: [object, string][] = [];
    const sandbox: Sandbox = {
      run: async (_owner, _question, _signal, onBlocked) => {
        onBlocked?.({ kind: 'refused', what: ['socket.connect'] });
        return { result: {}, printed: '' };
      },
      warm: never,
      close: async () => undefined,
    };
    const caps = { processes: 1, timeoutSeconds: 1, memoryBytes: 1, mostBytes: 1, mostPages: 1 };
    const source = new ServiceCapabilities(
      { chat: never } as never,
      { describeTools: never, callTool: never },
      { search: never },
      new TenantHttp([]),
      new MemoryFileStore(),
      sandbox,
      new DocumentReader(caps),
      new TemplateRenderer(caps),
      { warn: (facts, sentence) => void lines.push([facts, sentence]) },
    );
    const task = Task.fromPartial({ tenantId: 't', workflowId: 'w', runId: 'r', nodeKey: 'code', attempt: 2 });
    const { code } = source.forTask(task, new AbortController().signal);
    expect(await code.run({ language: 'python3', code: '', inputs: {} })).toEqual({ result: {}, printed: '' });
    const where = { tenantId: 't', workflowId: 'w', runId: 'r', nodeKey: 'code', attempt: 2, language: 'python3' };
    const sentence = 'Code of a user was kept from what it may not do or take.';
    expect(lines).toEqual([[{ ...where, kind: 'refused', what: ['socket.connect'] }, sentence]]);
  });
});
