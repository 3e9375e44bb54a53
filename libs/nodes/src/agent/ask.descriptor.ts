import { type Answer, type Form, type Read, type Settlement, valueAsText, type Waiting } from '@treadle/workflow';
import { z } from 'zod';
import { defineWaitNode } from '../define-node.js';
import { callIn, cut, orFailure } from './agent-values.js';

/** A form shows this much of the arguments, in characters. */
const longestShown = 20_000;

const askConfigSchema = z.object({
  /** Counts as a refusal when it has passed; absent waits for ever. */
  approval_timeout_seconds: z.number().positive().nullish(),
});

type AskConfig = z.infer<typeof askConfigSchema>;

/** Shows a person the call that an agent wants to make. What they write when they refuse is for the model. */
export const agentAsk = defineWaitNode<AskConfig>({
  type: 'agent-ask',
  group: 'tool',
  within: ['agent-calls'],
  title: 'Approval',
  summary: 'Asks a person whether an agent may make a call.',
  config: askConfigSchema,
  reads: () => [{ selector: ['@calls', 'item'], field: 'calls.item' }],
  handles: () => ['approve', 'reject'],
  outputs: () => ['approved', 'text'],
  wait: (config, read, at) => orFailure(() => askFor(config, read, at)),
  answered: (_config, _form, answer) => answered(answer),
  elapsed: () => refused('Nobody agreed to this call in time.'),
});

function askFor({ approval_timeout_seconds: seconds }: AskConfig, read: Read, at: number): Waiting {
  const { toolset, tool, arguments: given } = callIn(read);
  const shown = cut(JSON.stringify(given, null, 2), longestShown);
  const form: Form = {
    content: `May the agent call \`${tool}\` of \`${toolset}\` with these arguments?\n\n\`\`\`json\n${shown}\n\`\`\`\n\n{{#$output.reason#}}`,
    fields: [{ name: 'reason', type: 'paragraph' }],
    actions: [
      { id: 'approve', title: 'Approve', style: 'primary' },
      { id: 'reject', title: 'Reject', style: 'default' },
    ],
  };
  return { form, ...(seconds == null ? {} : { dueAt: at + seconds * 1000 }) };
}

function answered({ action, values }: Answer): Settlement {
  if (action === 'approve') return { outputs: { approved: true }, handle: 'approve' };
  const reason = valueAsText(values.reason ?? null).trim();
  return refused(reason === '' ? 'A person refused this call.' : `A person refused this call: ${reason}`);
}

function refused(text: string): Settlement {
  return { outputs: { approved: false, text }, handle: 'reject' };
}
