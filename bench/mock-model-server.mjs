// A model server that costs as little as possible: OpenAI's chat completions, plain and streamed, with a set latency.
// Usage: node bench/mock-model-server.mjs --latency-ms 50 --jitter-ms 10 --tokens 200; prints {"url"} and stops on a signal.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    'latency-ms': { type: 'string', default: '0' },
    'jitter-ms': { type: 'string', default: '0' },
    tokens: { type: 'string', default: '200' },
  },
});
const latencyMs = Number(values['latency-ms']);
const jitterMs = Number(values['jitter-ms']);
const tokens = Number(values.tokens);
let asked = 0;
const usage = { prompt_tokens: 8, completion_tokens: tokens, total_tokens: 8 + tokens };
const base = { id: 'chatcmpl-1', created: 1_760_000_000, model: 'bench' };

const message = { role: 'assistant', content: 'word '.repeat(tokens) };
const plain = JSON.stringify({
  ...base,
  object: 'chat.completion',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
  usage,
});
const chunk = (choices, counts = null) =>
  `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices, usage: counts })}\n\n`;
const delta = (content, finish = null) => chunk([{ index: 0, delta: content, finish_reason: finish }]);
const word = delta({ content: 'word ' });
const end = `${delta({}, 'stop')}${chunk([], usage)}data: [DONE]\n\n`;

createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ object: 'list', data: [{ id: 'bench', object: 'model' }] }));
  }
  const chunks = [];
  request.on('data', (data) => chunks.push(data));
  request.on('end', () => {
    const streamed = Buffer.concat(chunks).includes('"stream":true');
    const answer = () => (streamed ? stream(response) : send(response));
    if (latencyMs > 0) setTimeout(answer, nextLatencyMs());
    else answer();
  });
}).listen(0, '127.0.0.1', function () {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${this.address().port}/v1` }));
});

/** Multiples of the golden ratio: as mixed as random numbers, but so evenly spread that medians do not waver by chance. */
function nextLatencyMs() {
  asked += 1;
  return latencyMs + jitterMs * (2 * ((asked * 0.618_033_988_75) % 1) - 1);
}

function send(response) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(plain) });
  response.end(plain);
}

/** Ten tokens a write, as networks bring them together. */
function stream(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let left = tokens;
  const next = () => {
    const now = Math.min(10, left);
    left -= now;
    if (left === 0) return response.end(word.repeat(now) + end);
    response.write(word.repeat(now));
    setImmediate(next);
  };
  next();
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
