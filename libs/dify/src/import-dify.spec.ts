import { readFileSync } from 'node:fs';
import { FailureError } from '@treadle/failure';
import { catalog } from '@treadle/nodes';
import { compile } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { importDify, isDifyFile, isFromDify } from './import-dify.js';

const fixture = (name: string) => readFileSync(new URL(`./__fixtures__/${name}.yml`, import.meta.url), 'utf8');

function imported(name: string) {
  const { document, warnings } = importDify(fixture(name));
  const node = (id: string) => document.nodes.find((candidate) => candidate.id === id);
  return { document, warnings, node, compilation: compile(document, catalog, { tolerant: isFromDify(document) }) };
}

function refusal(file: unknown) {
  try {
    importDify(file);
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
  throw new Error('The file was imported.');
}

describe('importDify', () => {
  it.each([
    'start-end',
    'llm-answer',
    'if-else-template-aggregator',
    'http-request',
    'old-spellings',
    'containers',
    'question-classifier',
    'parameter-extractor',
    'structured-output',
    'chat',
    'completion',
  ])('makes a document of %s that compiles without a word', (name) => {
    const { compilation } = imported(name);
    expect(compilation.diagnostics).toEqual([]);
    expect(compilation.plan).toBeDefined();
  });

  it('keeps what the engine does not read', () => {
    const { document, warnings } = imported('start-end');
    expect(warnings).toEqual([]);
    expect(document).toMatchObject({ name: 'Every input', description: 'Gives its inputs back.', kind: 'workflow' });
    expect(document.nodes).toHaveLength(2);
    expect(document.nodes[0]).toMatchObject({
      title: 'Start',
      description: 'What the run is given',
      position: { x: 80, y: 280 },
    });
    expect(document.extensions).toMatchObject({
      imported_from: 'dify',
      dify: { version: '0.6.0', mode: 'workflow', app: { icon: '🧵' } },
      features: { opening_statement: '' },
      viewport: { zoom: 1 },
      notes: [{ position: { x: 80, y: 80 }, data: { text: 'A note on the canvas' } }],
    });
  });

  it('translates retries, error strategies, variables and prompts', () => {
    const { document, node, warnings } = imported('llm-answer');
    expect(document).toMatchObject({
      kind: 'chat',
      environment: [{ name: 'TONE', value: 'kind' }],
      conversation: [{ name: 'facts', type: 'array[string]', value: [] }],
    });
    expect(node('llm')).toMatchObject({
      retry: { max_attempts: 4, backoff_seconds: 1.5 },
      on_error: { strategy: 'default-value', outputs: { text: 'Sorry.', usage: { total_tokens: 0 } } },
    });
    expect(node('llm')?.config).not.toHaveProperty('retry_config');
    expect(warnings).toMatchObject([{ code: 'imported', message: expect.stringContaining('no node "ghost"') }]);
  });

  it('leaves by the ordinary branch where Dify names the one after success', () => {
    const { document, compilation } = imported('http-request');
    expect(document.edges.map((edge) => edge.source_handle)).toEqual(['source', 'source', 'fail-branch']);
    expect(compilation.plan?.nodes.get('1000000000002')).toMatchObject({
      retry: { max_attempts: 3, backoff_seconds: 0.1 },
      config: { method: 'POST', fail_on_error_status: true, timeout: { connect: 5, read: 10, write: null } },
    });
  });

  it('brings old spellings up to date', () => {
    const { node, warnings } = imported('old-spellings');
    expect(node('2')?.config).toEqual({
      cases: [
        {
          case_id: 'true',
          logical_operator: 'or',
          conditions: [{ id: 'c1', variable_selector: ['1', 'text'], comparison_operator: 'empty', value: '' }],
        },
      ],
    });
    expect(node('3')).toMatchObject({ type: 'variable-aggregator', config: { variables: [['1', 'text']] } });
    expect(node('4')?.config.outputs).toMatchObject([{}, { value_selector: ['sys', 'user_id'] }]);
    expect(warnings).toMatchObject([{ code: 'imported', message: expect.stringContaining('0.1.0 is older') }]);
  });

  it('keeps node types that do not exist here, with a warning each, and does not let them run', () => {
    const { node, warnings, compilation } = imported('other-types');
    const unknown = warnings.filter((warning) => warning.code === 'unknown_node_type');
    expect(unknown.map((warning) => [warning.node, warning.field])).toEqual([['count', 'nodes[3].type']]);
    expect(unknown[0]?.message).toContain('"count" (Count) has the type "counter"');
    expect(node('count')).toMatchObject({
      parent: 'each',
      config: { counted: ['each', 'item'] },
    });
    expect(compilation.plan).toBeUndefined();
    expect(new Set(compilation.diagnostics.map((diagnostic) => diagnostic.code))).toEqual(
      new Set(['unknown_node_type']),
    );
  });

  it('brings code over, in both languages', () => {
    const { node, warnings, compilation } = imported('code');
    expect(warnings).toEqual([]);
    expect(compilation.plan).toBeDefined();
    expect(node('lines')?.config).toEqual({
      code_language: 'javascript',
      code: 'function main({ text }) { return { lines: text.split("\\n") }; }',
      variables: [{ variable: 'text', value_selector: ['begin', 'text'] }],
      outputs: { lines: { type: 'array[string]', children: null } },
    });
    expect(node('count')).toMatchObject({ parent: 'each', config: { code_language: 'python3' } });
  });

  it('brings classifiers over, the first kind included', () => {
    const { node } = imported('question-classifier');
    expect(node('sort')?.config).toMatchObject({
      classes: [{ id: '1715846546749', name: 'Wants money back' }, { id: '1715846565625' }],
      instruction: 'Broken goods count as wanting money back.',
    });
    expect(node('sort-more')?.config).toMatchObject({
      classes: [
        { id: 'praise', name: 'Praise' },
        { id: '2', name: 'Everything else' },
      ],
      instruction: 'Only praise of looms counts.',
    });
  });

  it('brings the types of parameters and old selectors over', () => {
    const { node } = imported('parameter-extractor');
    expect(node('2')?.config).toMatchObject({
      parameters: [
        { type: 'string' },
        { type: 'boolean', options: null },
        { type: 'select', options: ['sea', 'street'] },
      ],
      memory: { window: { size: 4 } },
    });
    expect(node('4')?.config).toMatchObject({ query: ['sys', 'query'], reasoning_mode: 'prompt' });
  });

  it('brings containers, assigners and lists over, old ones included', () => {
    const { node, compilation } = imported('containers');
    expect(node('old')?.config).toMatchObject({ start_node_id: 'shout', error_handle_mode: 'terminated' });
    expect(node('shout')).toMatchObject({ parent: 'old', config: { template: '{{ x }}!' } });
    expect(node('keep')?.config).toEqual({
      items: [
        {
          variable_selector: ['conversation', 'last'],
          operation: 'over-write',
          input_type: 'variable',
          value: ['pick', 'first_record'],
        },
      ],
    });
    const plan = compilation.plan!;
    expect(plan.nodes.get('old')?.body?.entry).toBe('shout');
    expect(plan.nodes.get('again')?.body?.entry).toBe('again-start');
    expect(plan.nodes.get('again')?.body?.nodes.get('more')?.config).toMatchObject({
      items: [{ operation: '+=', variable_type: 'number', value: 2 }],
    });
  });

  it('turns a chat app into start, llm and answer', () => {
    const { document, node, warnings } = imported('chat');
    expect(document.kind).toBe('chat');
    expect(node('start')?.config.variables).toMatchObject([
      { variable: 'town', type: 'text-input', required: true },
      { variable: 'style', type: 'select', options: ['short', 'long'] },
    ]);
    expect(node('llm')?.config).toMatchObject({
      prompt_template: [
        { role: 'system', text: 'You guide people through {{#start.town#}}. Leave {{unknown}} alone.' },
      ],
      memory: { window: { enabled: true }, query_prompt_template: '{{#sys.query#}}' },
    });
    expect(document.extensions.model_config).toMatchObject({ opening_statement: 'Where to?' });
    expect(warnings).toMatchObject([{ code: 'imported', message: expect.stringContaining('datasets') }]);
  });

  it.each([
    ['{ image: { enabled: true, detail: low } }', { enabled: true, configs: { detail: 'low' } }],
    ['{ enabled: true, allowed_file_types: [document, image] }', { enabled: true, configs: { detail: null } }],
    ['{ enabled: true, allowed_file_types: [document], image: { enabled: false } }', null],
  ])('shows the model pictures where a chat app takes any: %s', (upload, vision) => {
    const { document } = importDify(`${fixture('chat')}  file_upload: ${upload}\n`);
    const config = document.nodes.find(({ id }) => id === 'llm')?.config;
    expect(config).toMatchObject({ vision });
  });

  it('lets the user say the prompt of a completion app', () => {
    const { document, node } = imported('completion');
    expect(document.kind).toBe('workflow');
    expect(node('llm')?.config).toMatchObject({
      prompt_template: [
        { role: 'user', text: 'Sum up: {{#start.query#}}' },
        { role: 'user', text: '{{#sys.query#}}' },
      ],
      memory: null,
    });
  });

  it('turns an agent of the old kind into start, agent and answer', () => {
    const { node, warnings, compilation } = imported('agent-chat');
    expect(warnings.map(({ code, node: id }) => [code, id])).toEqual([['imported', 'agent']]);
    expect(compilation.diagnostics).toEqual([]);
    expect(node('agent')?.config).toEqual({
      strategy: 'function-calling',
      model: { provider: 'openai', name: 'gpt-4o-mini', mode: 'chat', completion_params: {} },
      instruction: 'Help in {{#start.language#}}.',
      query: '{{#sys.query#}}',
      tools: [{ toolset: 'builtin', tool: 'current_time', settings: {} }],
      max_iterations: 4,
      memory: { window: { enabled: true, size: 50 } },
    });
  });

  it('calls a tool of the same kind where there is one, and else says which to register', () => {
    const { node, warnings, compilation } = imported('tools-and-agents');
    expect(compilation.diagnostics).toEqual([]);
    const argument = (type: string, value: unknown) => ({ type, value });
    expect(node('time')?.config).toEqual({
      toolset: 'builtin',
      tool: 'current_time',
      arguments: { timezone: argument('mixed', 'Asia/Shanghai') },
      json_as_list: true,
    });
    expect(node('sum')?.config).toMatchObject({
      toolset: 'builtin',
      tool: 'calculator',
      arguments: { expression: argument('mixed', '{{#begin.text#}} + 1') },
    });
    expect(node('search')?.config).toMatchObject({
      toolset: 'tavily',
      tool: 'tavily_search',
      arguments: { max_results: argument('constant', 5), query: argument('variable', ['begin', 'text']) },
    });
    expect(node('pet')?.config).toMatchObject({ toolset: 'petstore', tool: 'getPetById' });
    const told = warnings.map(({ node: id, message }) => `${id}: ${message}`);
    expect(told).toEqual([
      expect.stringMatching(/^time: .*ISO 8601/),
      expect.stringMatching(/^search: .*"tavily_search" of "tavily", a plugin/),
      expect.stringMatching(/^pet: .*OpenAPI document/),
      expect.stringMatching(/^helper: .*"forecast" of "weather".*MCP server/),
    ]);
  });

  it('brings agents over, with the arguments that their authors have fixed', () => {
    expect(imported('tools-and-agents').node('helper')?.config).toEqual({
      strategy: 'react',
      model: {
        provider: 'langgenius/openai/openai',
        name: 'gpt-4o-mini',
        mode: 'chat',
        completion_params: { temperature: 0 },
      },
      instruction: 'Help with {{#begin.text#}}.',
      query: '{{#begin.text#}}',
      tools: [
        { toolset: 'builtin', tool: 'read_web_page', settings: {} },
        {
          toolset: 'weather',
          tool: 'forecast',
          settings: { units: { type: 'mixed', value: 'metric' }, city: { type: 'mixed', value: 'Berlin' } },
          description: 'Tells the weather.',
        },
      ],
      max_iterations: 3,
      memory: null,
    });
  });

  it.each([
    ['1.0.0', 'newer'],
    ['0.7.0', 'newer'],
    ['0.5.0', 'older'],
    ['what', 'cannot be read'],
  ])('warns of version %s', (version, word) => {
    const { warnings } = importDify(fixture('start-end').replace('version: 0.6.0', `version: ${version}`));
    expect(warnings).toMatchObject([{ code: 'imported', message: expect.stringContaining(word) }]);
  });

  it('refuses what is no app, and says why', () => {
    expect(refusal('kind: rag_pipeline')).toMatchObject({ code: 'invalid_document', field: 'kind' });
    expect(refusal('app: {mode: workflow}')).toMatchObject({ code: 'invalid_document', field: 'workflow' });
    expect(refusal({ workflow: { graph: { nodes: [{ id: true }] } } })).toMatchObject({
      field: 'workflow.graph.nodes[0].id',
    });
    expect(refusal({ workflow: { graph: { nodes: [{ id: 'a b', data: { type: 'start' } }] } } })).toMatchObject({
      field: 'nodes[0].id',
    });
    expect(refusal('a: [')).toMatchObject({ code: 'invalid_document', details: { line: 1 } });
    expect(refusal(null)).toMatchObject({ code: 'invalid_document' });
  });
});

describe('isDifyFile', () => {
  it.each([
    [{ kind: 'app' }, true],
    [{ kind: 'rag_pipeline' }, true],
    [{ app: { mode: 'chat' } }, true],
    [{ workflow: { graph: {} } }, true],
    [{ model_config: {} }, true],
    [{ format: 'treadle/v1', name: 'a', nodes: [] }, false],
    [{ nodes: [] }, false],
    [null, false],
    ['text', false],
    [[], false],
  ])('%j: %s', (value, expected) => {
    expect(isDifyFile(value)).toBe(expected);
  });
});
