import { chain, named, workflow } from '../scenarios/scenario.js';

const model = { provider: 'demo', name: 'demo' };

/** Answers what it is asked, with a variable that is kept. */
export const chatDocument = (name: string) => ({
  ...workflow(
    name,
    [
      { id: 'start', type: 'start', config: { variables: [] } },
      { id: 'llm', type: 'llm', config: { model, prompt_template: [{ role: 'user', text: '{{#sys.query#}}' }] } },
      { id: 'answer', type: 'answer', config: { answer: '{{#llm.text#}}' } },
    ],
    chain('start', 'llm', 'answer'),
  ),
  kind: 'chat' as const,
  conversation: [{ name: 'mood', type: 'string' as const, value: 'calm', description: 'How it feels.' }],
});

/** Begins by a webhook or a schedule. */
export const triggeredDocument = (name: string) =>
  workflow(
    name,
    [
      { id: 'hook', type: 'webhook', config: { body: [{ name: 'name', required: true }] } },
      { id: 'yearly', type: 'schedule', config: { cron: '@yearly', timezone: 'UTC' } },
      { id: 'end', type: 'end', config: { outputs: [named('name', 'hook', 'name')] } },
    ],
    [
      { source: 'hook', target: 'end' },
      { source: 'yearly', target: 'end' },
    ],
  );

/** Asks a person, and waits. */
export const askingDocument = (name: string) =>
  workflow(
    name,
    [
      { id: 'start', type: 'start', config: { variables: [] } },
      { id: 'ask', type: 'human-input', config: { form_content: `May ${name}?`, user_actions: [{ id: 'yes' }] } },
      { id: 'end', type: 'end', config: { outputs: [] } },
    ],
    [...chain('start', 'ask'), { source: 'ask', source_handle: 'yes', target: 'end' }],
  );

/** Gives back what it was told. */
export const echoDocument = (name: string) =>
  workflow(
    name,
    [
      { id: 'start', type: 'start', config: { variables: [{ variable: 'text', type: 'paragraph' }] } },
      { id: 'end', type: 'end', config: { outputs: [named('text', 'start', 'text')] } },
    ],
    chain('start', 'end'),
  );
