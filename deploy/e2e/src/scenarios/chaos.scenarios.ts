import type { ApiClient, Page } from '@treadle/cli';
import { answerTo, asking, chain, named, type Scenario, topicStart, workflow } from './scenario.js';

const topicOf = (index: number) => `topic-${index}`;
const inputs = (index: number) => ({ topic: topicOf(index) });

/** Five rounds at once, each with a model, in the order of the list. */
const rounds: Scenario = {
  name: 'rounds',
  document: () =>
    workflow(
      'rounds',
      [
        topicStart,
        { id: 'parts', type: 'text-splitter', config: { variable_selector: ['start', 'topic'], chunk_size: 2 } },
        {
          id: 'each',
          type: 'iteration',
          config: {
            iterator_selector: ['parts', 'chunks'],
            output_selector: ['ask', 'text'],
            is_parallel: true,
            parallel_nums: 3,
          },
        },
        { id: 'ask', type: 'llm', parent: 'each', config: asking('Part {{#each.item#}}') },
        { id: 'end', type: 'end', config: { outputs: [named('all', 'each', 'output')] } },
      ],
      chain('start', 'parts', 'each', 'end'),
    ),
  inputs: (index) => ({ topic: String(1e9 + index) }),
  expected: (index) => {
    const parts = String(1e9 + index).match(/../g) ?? [];
    const all = parts.map((part) => answerTo(`Part ${part}`));
    return { status: 'completed', outputs: { all }, events: { 'round-completed': parts.length } };
  },
  modelCalls: 5,
};

/** Three rounds one after the other, each building upon the one before. */
const counting: Scenario = {
  name: 'counting',
  document: () =>
    workflow(
      'counting',
      [
        topicStart,
        {
          id: 'loop',
          type: 'loop',
          config: {
            loop_count: 9,
            loop_variables: [
              { label: 'n', var_type: 'number', value: 0 },
              { label: 'said', var_type: 'array[string]', value: [] },
            ],
            break_conditions: [{ variable_selector: ['loop', 'n'], comparison_operator: '≥', value: '3' }],
          },
        },
        { id: 'ask', type: 'llm', parent: 'loop', config: asking('{{#start.topic#}} after {{#loop.n#}}') },
        {
          id: 'add',
          type: 'assigner',
          parent: 'loop',
          config: {
            items: [
              { variable_selector: ['loop', 'n'], operation: '+=', input_type: 'constant', value: 1 },
              { variable_selector: ['loop', 'said'], operation: 'append', value: ['ask', 'text'] },
            ],
          },
        },
        { id: 'end', type: 'end', config: { outputs: [named('said', 'loop', 'said')] } },
      ],
      [...chain('start', 'loop', 'end'), ...chain('ask', 'add')],
    ),
  inputs,
  expected: (index) => ({
    status: 'completed',
    outputs: { said: [0, 1, 2].map((n) => answerTo(`${topicOf(index)} after ${n}`)) },
    events: { 'round-completed': 3 },
  }),
  modelCalls: 3,
};

/** A provider that refuses, and a branch for that. */
const handled: Scenario = {
  name: 'handled',
  document: () =>
    workflow(
      'handled',
      [
        topicStart,
        {
          id: 'refused',
          type: 'llm',
          config: asking('{{#start.topic#}}', 'fail-rejected'),
          on_error: { strategy: 'fail-branch' },
        },
        { id: 'instead', type: 'llm', config: asking('Instead {{#start.topic#}}') },
        { id: 'usual', type: 'template', config: { template: 'never', variables: [] } },
        {
          id: 'end',
          type: 'end',
          config: { outputs: [named('why', 'refused', 'error_type'), named('text', 'instead', 'text')] },
        },
      ],
      [
        ...chain('start', 'refused', 'usual', 'end'),
        { source: 'refused', source_handle: 'fail-branch', target: 'instead' },
        ...chain('instead', 'end'),
      ],
    ),
  inputs,
  expected: (index) => ({
    status: 'completed',
    outputs: { why: 'provider_rejected', text: answerTo(`Instead ${topicOf(index)}`) },
    nodes: { usual: undefined },
  }),
  modelCalls: 2,
};

/** A failure that nothing handles. */
const failing: Scenario = {
  name: 'failing',
  document: () =>
    workflow(
      'failing',
      [
        topicStart,
        { id: 'refused', type: 'llm', config: asking('{{#start.topic#}}', 'fail-rejected') },
        { id: 'end', type: 'end', config: { outputs: [named('text', 'refused', 'text')] } },
      ],
      chain('start', 'refused', 'end'),
    ),
  inputs,
  expected: () => ({ status: 'failed', failureCode: 'provider_rejected' }),
  modelCalls: 1,
};

/** Rests as rows for a second between two models. */
const waiting: Scenario = {
  name: 'waiting',
  document: () =>
    workflow(
      'waiting',
      [
        topicStart,
        { id: 'before', type: 'llm', config: asking('Before {{#start.topic#}}') },
        { id: 'rest', type: 'wait', config: { mode: 'duration', duration: 1 } },
        { id: 'after', type: 'llm', config: asking('After {{#start.topic#}}') },
        {
          id: 'end',
          type: 'end',
          config: { outputs: [named('before', 'before', 'text'), named('after', 'after', 'text')] },
        },
      ],
      chain('start', 'before', 'rest', 'after', 'end'),
    ),
  inputs,
  expected: (index) => ({
    status: 'completed',
    outputs: { before: answerTo(`Before ${topicOf(index)}`), after: answerTo(`After ${topicOf(index)}`) },
    events: { 'run-paused': 1, 'run-resumed': 1 },
  }),
  modelCalls: 2,
};

/** Runs the counting workflow inside of itself. */
const calling: Scenario = {
  name: 'calling',
  document: (idOf) =>
    workflow(
      'calling',
      [
        topicStart,
        {
          id: 'call',
          type: 'sub-workflow',
          config: { workflow_id: idOf('counting'), version: 1, inputs: [named('topic', 'start', 'topic')] },
        },
        { id: 'end', type: 'end', config: { outputs: [named('said', 'call', 'said')] } },
      ],
      chain('start', 'call', 'end'),
    ),
  inputs,
  expected: (index) => ({ status: 'completed', outputs: counting.expected(index).outputs ?? {} }),
  modelCalls: 3,
};

/** Waits for a day and is cancelled. */
const cancelled: Scenario = {
  name: 'cancelled',
  document: () =>
    workflow(
      'cancelled',
      [
        topicStart,
        { id: 'rest', type: 'wait', config: { mode: 'duration', duration: 1, unit: 'day' } },
        { id: 'end', type: 'end', config: { outputs: [named('topic', 'start', 'topic')] } },
      ],
      chain('start', 'rest', 'end'),
    ),
  inputs,
  expected: () => ({ status: 'cancelled' }),
  act: (api, runId) => api.send(`/api/v1/runs/${runId}/cancel`, { method: 'POST', json: { reason: 'enough' } }),
  modelCalls: 0,
};

/** Rests until a person lets it go on. */
const asked: Scenario = {
  name: 'asked',
  document: () =>
    workflow(
      'asked',
      [
        topicStart,
        {
          id: 'ask',
          type: 'human-input',
          config: { form_content: 'May {{#start.topic#}}?', user_actions: [{ id: 'yes' }, { id: 'no' }] },
        },
        { id: 'after', type: 'llm', config: asking('Allowed {{#start.topic#}}') },
        { id: 'end', type: 'end', config: { outputs: [named('text', 'after', 'text')] } },
      ],
      [...chain('start', 'ask'), { source: 'ask', source_handle: 'yes', target: 'after' }, ...chain('after', 'end')],
    ),
  inputs,
  expected: (index) => ({
    status: 'completed',
    outputs: { text: answerTo(`Allowed ${topicOf(index)}`) },
    events: { 'form-answered': 1 },
  }),
  act: answerYes,
  modelCalls: 1,
};

/** Asks again where the answer to an answer was lost: then somebody, namely we, had answered. */
async function answerYes(api: ApiClient, runId: string): Promise<void> {
  const query = { run_id: runId, status: ['pending', 'answered'] };
  const [approval] = (await api.send<Page<{ token: string; status: string }>>('/api/v1/approvals', { query })).items;
  if (!approval) throw new Error(`Run ${runId} asks nothing yet.`);
  if (approval.status === 'answered') return;
  await api.send(`/api/v1/approvals/${approval.token}`, { method: 'POST', json: { action: 'yes', by: 'a person' } });
}

/** Every kind of control there is, in the order in which the workflows are stored. */
export const chaosScenarios: readonly Scenario[] = [
  rounds,
  counting,
  handled,
  failing,
  waiting,
  calling,
  cancelled,
  asked,
];
