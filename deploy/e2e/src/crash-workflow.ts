import type { WorkflowDocumentInput } from '@treadle/workflow';

/** What a model server with the default answer and 8 tokens says. */
function answerTo(prompt: string): string {
  return `You said: ${prompt} the loom keeps every thread until the cloth`;
}

const model = { name: 'small' };
const prompt = (text: string) => ({ model, prompt_template: [{ role: 'user', text }] });
const named = (variable: string, ...value_selector: string[]) => ({ variable, value_selector });
const isLarge = { variable_selector: ['start', 'number'], comparison_operator: '≥', value: '5' };

/** Ten nodes, three of them models: a fan-out, a join, a choice with a skipped branch, and a chain behind it. */
export const crashWorkflow = {
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
    { id: 'draft', type: 'llm', config: prompt('Draft {{#start.topic#}}') },
    { id: 'facts', type: 'llm', config: prompt('Facts {{#start.topic#}}') },
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
    { id: 'closing', type: 'llm', config: prompt('Close {{#chosen.output#}}') },
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
} satisfies WorkflowDocumentInput;

function size(word: string) {
  return { template: `${word} {{ topic }}`, variables: [named('topic', 'start', 'topic')] };
}

export const modelCallsPerRun = 3;

export interface CrashInputs {
  readonly topic: string;
  readonly number: number;
}

/** Every run asks something else, so that a result in the wrong run shows. */
export function inputsOf(index: number): CrashInputs {
  return { topic: `topic-${index}`, number: index % 10 };
}

/** What each node that runs must give; nodes that are absent here must be skipped. */
export function expectedNodes({
  topic,
  number,
}: CrashInputs): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const [draft, facts] = [answerTo(`Draft ${topic}`), answerTo(`Facts ${topic}`)];
  const word = number >= 5 ? 'large' : 'small';
  const closing = answerTo(`Close ${word} ${topic}`);
  return {
    start: { topic, number },
    draft: { text: draft },
    facts: { text: facts },
    pair: { output: `${draft} | ${facts}` },
    size: { selected_case_id: word === 'large' ? 'large' : 'false' },
    [word]: { output: `${word} ${topic}` },
    chosen: { output: `${word} ${topic}` },
    closing: { text: closing },
    end: { pair: `${draft} | ${facts}`, closing },
  };
}
