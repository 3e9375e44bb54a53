import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startModelServer } from './model-server.js';
import { type ChatCompletionRequest, faultModels, type ScriptedAnswer } from './model-server-protocol.js';

/** The model server on its own, for specs that start and kill processes. Prints one JSON line with its URL; stops on a signal. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    models: { type: 'string', default: 'small,large' },
    'latency-ms': { type: 'string', default: '0' },
    'token-gap-ms': { type: 'string', default: '0' },
    tokens: { type: 'string', default: '8' },
    // A JSON file: a list of `when` (what is asked holds it) and `text` (the answer then). Anything else has the answer that it always has.
    answers: { type: 'string' },
  },
});

const answers = z
  .array(z.strictObject({ when: z.string().min(1), text: z.string() }))
  .parse(values.answers ? JSON.parse(readFileSync(values.answers, 'utf8')) : []);

function answerTo({ messages }: ChatCompletionRequest): ScriptedAnswer | undefined {
  const asked = messages.map(({ content }) => content).join('\n');
  return answers.find(({ when }) => asked.includes(when));
}

const server = await startModelServer({
  port: Number(values.port),
  models: values.models.split(','),
  faults: faultModels,
  latencyMs: Number(values['latency-ms']),
  tokenGapMs: Number(values['token-gap-ms']),
  tokens: Number(values.tokens),
  answer: answerTo,
});
console.log(JSON.stringify({ url: server.url, requests: server.url.replace(/v1$/, '_requests') }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
