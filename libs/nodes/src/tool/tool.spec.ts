import { aTool, fakeContext, fakeTools } from '@treadle/testing/fake-capabilities';
import type { JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { fitArguments } from './arguments.js';
import { tool } from './tool.descriptor.js';
import { executeTool } from './tool.executor.js';

const parse = (config: JsonObject = {}) => tool.config.parse({ toolset: 'desk', tool: 'file', ...config });
const parameters = { type: 'object', properties: { count: { type: 'integer' }, text: { type: 'string' } } };

describe('tool', () => {
  it('calls the tool with texts, values and constants, each as the type it wants', async () => {
    const tools = fakeTools([aTool('file', { version: 3, parameters })], () => ({ text: 'done', json: { ok: true } }));
    const config = parse({
      arguments: {
        text: { type: 'mixed', value: 'Hello {{#start.name#}}' },
        count: { type: 'mixed', value: '{{#start.count#}}' },
        list: { type: 'variable', value: ['start', 'list'] },
        absent: { type: 'variable', value: ['start', 'absent'] },
        fixed: { type: 'constant', value: [1] },
      },
    });
    const values = { 'start.name': 'Ann', 'start.count': 7, 'start.list': ['a'] };
    const { outputs } = await executeTool(config, fakeContext(values, { tools }));
    expect(outputs).toEqual({ text: 'done', files: [], json: { ok: true } });
    expect(tools.questions).toEqual([
      {
        name: { toolset: 'desk', tool: 'file' },
        version: 3,
        arguments: { text: 'Hello Ann', count: 7, list: ['a'], fixed: [1] },
        approved: false,
      },
    ]);
    expect(tool.reads(config).map(({ field }) => field)).toEqual([
      'arguments.text.value',
      'arguments.count.value',
      'arguments.list.value',
      'arguments.absent.value',
    ]);
  });

  it('calls the version its author chose, and gives a list where one is expected', async () => {
    const tools = fakeTools([aTool('file', { version: 3 })], () => ({ json: { ok: true } }));
    const { outputs } = await executeTool(parse({ version: 2, json_as_list: true }), fakeContext({}, { tools }));
    expect(outputs.json).toEqual([{ ok: true }]);
    expect(tools.questions).toMatchObject([{ version: 2 }]);
  });

  it('says what to set where the tool needs approval and the node asks for none', async () => {
    const tools = fakeTools([aTool('file', { needsApproval: true })]);
    const refused = executeTool(parse(), fakeContext({}, { tools }));
    await expect(refused).rejects.toMatchObject({
      failure: { code: 'tool_approval_required', message: expect.stringContaining('"approval"') },
    });
    await executeTool({ ...parse(), approved: true }, fakeContext({}, { tools }));
    expect(tools.questions).toMatchObject([{ approved: true }]);
  });

  it('takes approval from the guard of the node alone', () => {
    const settings = { retry: { max_attempts: 1, backoff_seconds: 1, max_backoff_seconds: 1 }, onError: { strategy: 'fail' }, typeOf: () => undefined } as const; // biome-ignore format: one line reads better
    expect(tool.complete?.(parse({ approved: true }), { ...settings, guarded: false }).approved).toBe(false);
    expect(tool.complete?.(parse(), { ...settings, guarded: true }).approved).toBe(true);
  });

  it('fails with what the tool says, and is not tried again for it', async () => {
    const tools = fakeTools([aTool('file')], () => ({ isError: true, text: 'No paper.', warnings: ['Low on ink.'] }));
    const context = fakeContext({}, { tools });
    await expect(executeTool(parse(), context)).rejects.toMatchObject({
      failure: { code: 'tool_failed', retryable: false, message: expect.stringContaining('No paper.') },
    });
    expect(context.warnings).toEqual(['Low on ink.']);
  });
});

describe('arguments written as text', () => {
  it.each([
    ['5', 'integer', 5],
    ['5.5', 'number', 5.5],
    ['5', 'number', 5],
    ['5.5', 'integer', '5.5'],
    ['true', 'boolean', true],
    ['[1]', 'array', [1]],
    ['{"a":1}', 'object', { a: 1 }],
    ['5', 'string', '5'],
    ['five', 'integer', 'five'],
    ['', 'integer', ''],
  ])('%j for %s is %j', (text, type, value) => {
    expect(fitArguments({ x: text }, { properties: { x: { type } } })).toEqual({ x: value });
  });

  it('stay texts where one of the types is text, or nothing is known', () => {
    expect(fitArguments({ x: '5' }, { properties: { x: { type: ['string', 'integer'] } } })).toEqual({ x: '5' });
    expect(fitArguments({ x: '5' }, {})).toEqual({ x: '5' });
  });
});
