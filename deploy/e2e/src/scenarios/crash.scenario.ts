import type { WorkflowDocumentInput } from '@treadle/workflow';
import { answerTo, asking, named, type Scenario } from './scenario.js';

const isLarge = { variable_selector: ['start', 'number'], comparison_operator: '≥', value: '5' };

/** Ten nodes, three of them models: a fan-out, a join, a choice with a skipped branch, and a chain behind it. */
const document: WorkflowDocumentInput = {
  format: 'treadle/v1',
  name: 'crash',
  nodes: [
    {
      id: 'start',
      type: 'start',
      config: {
        variables: [
          { variable: 'topic', type: 'text-input', required: true },
          { variable: 'number', type: 'number', required: true },
        ],
      },
    },
    { id: 'draft', type: 'llm', config: asking('Draft {{#start.topic#}}') },
    { id: 'facts', type: 'llm', config: asking('Facts {{#start.topic#}}') },
    {
      id: 'pair',
      type: 'template',
      config: {
        template: '{{ draft }} | {{ facts }}',
        variables: [named('draft', 'draft', 'text'), named('facts', 'facts', 'text')],
      },
    },
    { id: 'size', type: 'if-else', config: { cases: [{ case_id: 'large', conditions: [isLarge] }] } },
    { id: 'large', type: 'template', config: size('large') },
    { id: 'small', type: 'template', config: size('small') },
    {
      id: 'chosen',
      type: 'variable-aggregator',
      config: {
        variables: [
          ['large', 'output'],
          ['small', 'output'],
        ],
      },
    },
    { id: 'closing', type: 'llm', config: asking('Close {{#chosen.output#}}') },
    {
      id: 'end',
      type: 'end',
      config: { outputs: [named('pair', 'pair', 'output'), named('closing', 'closing', 'text')] },
    },
  ],
  edges: [
    { source: 'start', target: 'draft' },
    { source: 'start', target: 'facts' },
    { source: 'draft', target: 'pair' },
    { source: 'facts', target: 'pair' },
    { source: 'pair', target: 'size' },
    { source: 'size', source_handle: 'large', target: 'large' },
    { source: 'size', source_handle: 'false', target: 'small' },
    { source: 'large', target: 'chosen' },
    { source: 'small', target: 'chosen' },
    { source: 'chosen', target: 'closing' },
    { source: 'closing', target: 'end' },
  ],
};

function size(word: string) {
  return { template: `${word} {{ topic }}`, variables: [named('topic', 'start', 'topic')] };
}

const topicOf = (index: number) => `topic-${index}`;

/** What each node must give; the branch that is not taken must be skipped. */
function nodesOf(index: number) {
  const topic = topicOf(index);
  const number = index % 10;
  const [draft, facts] = [answerTo(`Draft ${topic}`), answerTo(`Facts ${topic}`)];
  const [word, other] = number >= 5 ? ['large', 'small'] : ['small', 'large'];
  const pair = `${draft} | ${facts}`;
  const closing = answerTo(`Close ${word} ${topic}`);
  return {
    start: { topic, number },
    draft: { text: draft },
    facts: { text: facts },
    pair: { output: pair },
    size: { selected_case_id: word === 'large' ? 'large' : 'false' },
    [word]: { output: `${word} ${topic}` },
    [other]: undefined,
    chosen: { output: `${word} ${topic}` },
    closing: { text: closing },
    end: { pair, closing },
  };
}

export const crashScenario: Scenario = {
  name: 'crash',
  document: () => document,
  inputs: (index) => ({ topic: topicOf(index), number: index % 10 }),
  expected: (index) => {
    const nodes = nodesOf(index);
    return { status: 'completed', outputs: nodes.end, nodes };
  },
  modelCalls: 3,
};
