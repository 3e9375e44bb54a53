import { parseArgs } from 'node:util';
import { startModelServer } from './model-server.js';
import { faultModels } from './model-server-protocol.js';

/** The model server on its own, for specs that start and kill processes. Prints one JSON line with its URL; stops on a signal. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    models: { type: 'string', default: 'small,large' },
    'latency-ms': { type: 'string', default: '0' },
    'token-gap-ms': { type: 'string', default: '0' },
    tokens: { type: 'string', default: '8' },
  },
});

const server = await startModelServer({
  port: Number(values.port),
  models: values.models.split(','),
  faults: faultModels,
  latencyMs: Number(values['latency-ms']),
  tokenGapMs: Number(values['token-gap-ms']),
  tokens: Number(values.tokens),
});
console.log(JSON.stringify({ url: server.url, requests: server.url.replace(/v1$/, '_requests') }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
