// Sends requests of some kinds over keep-alive sockets and says how they were answered, as one line of JSON: a process of its own, as cheap as it
// can be, because it shares the machine with what it measures. Its one argument is JSON:
// { url, kinds: [{ name, share, text }], seconds, connections, perSecond? }; without `perSecond` each connection asks again when it is answered.
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';

const { url, kinds, seconds, connections, perSecond } = JSON.parse(process.argv[2]);
const { hostname, port } = new URL(url);
const begun = performance.now();
/** Each answer: seconds since the begin, kind, status, milliseconds. Status 0: none, or a run that was accepted and did not end well. */
const answers = [];
const idle = [];
let stopped = false;
let unsent = 0;
let draws = 1;

/** The same mix in every run: the golden ratio spreads the kinds evenly. */
function nextKind() {
  draws = (draws + 0.618033988749895) % 1;
  let below = 0;
  return kinds.findIndex(({ share }) => draws < (below += share));
}

function open() {
  const socket = connect(Number(port), hostname).setNoDelay(true);
  let kind = -1;
  let askedAt = 0;
  let received = '';
  const over = (status) => {
    const now = performance.now();
    answers.push([(askedAt - begun) / 1_000, kind, status, now - askedAt]);
    kind = -1;
    received = '';
  };
  const free = () => {
    if (stopped) return socket.end();
    if (perSecond) idle.push(caller);
    else caller.ask();
  };
  const caller = {
    ask: () => {
      kind = nextKind();
      askedAt = performance.now();
      socket.write(kinds[kind].text);
    },
  };
  socket.on('connect', free);
  socket.on('data', (data) => {
    // A connection that was not used for long is told so before it is closed.
    if (kind < 0) return;
    received += data.latin1Slice();
    const head = received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, head + 2));
    if (!length || received.length < head + 4 + Number(length[1])) return;
    const status = Number(received.slice(9, 12));
    const isLost = kinds[kind].mark && status < 300 && !received.includes(kinds[kind].mark);
    over(isLost ? 0 : status);
    free();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (kind >= 0) over(0);
    const at = idle.indexOf(caller);
    if (at >= 0) idle.splice(at, 1);
    if (!stopped) setTimeout(open, 20);
  });
}

for (let count = 0; count < connections; count += 1) open();
if (perSecond) {
  let due = performance.now() + 200;
  const tick = () => {
    if (stopped) return;
    for (const now = performance.now(); due <= now; due += 1_000 / perSecond) {
      const caller = idle.pop();
      if (caller) caller.ask();
      else unsent += 1;
    }
    setTimeout(tick, 1);
  };
  tick();
}
setTimeout(() => {
  stopped = true;
  // What is under way may still be answered.
  setTimeout(() => {
    process.stdout.write(`${JSON.stringify({ answers, unsent })}\n`, () => process.exit(0));
  }, 3_000);
}, seconds * 1_000);
