// The least that a gateway written for Node can do: it parses each request, sends it on, and gives the answer back as it comes.
// No keys, no routes, no budgets, no ledger. Usage: node bench/bare-proxy.mjs <base address>; prints {"url"}.
import { Buffer } from 'node:buffer';
import { Agent, request as ask, createServer } from 'node:http';

const { hostname, port } = new URL(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

createServer((request, response) => {
  const chunks = [];
  request.on('data', (data) => chunks.push(data));
  request.on('end', () => {
    const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    ask({ hostname, port, agent, method: 'POST', path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    })
      // A kept connection may be hung up on while it is used again: one failed request, not the end of the process.
      .on('error', () => response.destroy())
      .end(body);
  });
}).listen(0, '127.0.0.1', function () {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${this.address().port}` }));
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
