// The least that it takes to refuse: a server that answers every request with 503, and does nothing else.
// Usage: node bench/overload/refuser.mjs; prints {"url"} and stops on a signal.
import { createServer } from 'node:http';

const body = '{"code":"unavailable","message":"There is more to do than can be done at the moment."}';
const headers = ['content-type', 'application/json', 'retry-after', '1', 'content-length', String(body.length)];

createServer((_request, response) => response.writeHead(503, headers).end(body)).listen(0, '127.0.0.1', function () {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${this.address().port}` }));
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
