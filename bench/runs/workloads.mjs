// What is run: documents as a user would write them, and how a run of each is asked for.

/** Tokens that the model server streams. */
export const tokens = 200;
/** What the model server waits before it answers, in milliseconds. */
export const latencyMs = 50;
const items = 100;
const turns = 20;

const llm = { model: { provider: 'openai', name: 'bench' } };

/** What a node gives, by its type. */
const outputOf = { template: 'output', noop: 'result', hold: 'result', llm: 'text' };

export const workloads = {
  W1: { title: '10 logic nodes', document: chain('w1', (place) => template(place)) },
  W2: { title: '10 task nodes that do nothing', document: chain('w2', () => ({ type: 'noop', config: {} })) },
  W3: { title: `3 model calls of ${latencyMs} ms`, document: chain('w3', () => asks('Say a few words.'), 3) },
  W4: { title: `${items} items of an iteration`, document: fanOut() },
  W5: {
    title: `stream of ${tokens} tokens`,
    document: chain('w5', () => asks('Say a few words.'), 1),
    body: { inputs: {}, mode: 'stream' },
    isGood: (received) => received.startsWith('HTTP/1.1 200') && received.includes('event: run-completed'),
    firstMark: 'event: text-delta',
  },
  W6: { title: `a turn of a chat of ${turns} turns`, document: chat(), ...conversation() },
};

/** Start, then some nodes in a row, then end with the last one's output. */
export function chain(name, node, length = 10) {
  const nodes = Array.from({ length }, (_, place) => ({ id: `n${place}`, ...node(place) }));
  const last = nodes.at(-1);
  const outputs = [{ variable: 'result', value_selector: [last.id, outputOf[last.type]] }];
  const all = [{ id: 'start', type: 'start' }, ...nodes, { id: 'end', type: 'end', config: { outputs } }];
  const edges = all.slice(1).map(({ id }, place) => ({ source: all[place].id, target: id }));
  return { format: 'treadle/v1', name, nodes: all, edges };
}

export function template(place) {
  const before = place === 0 ? [] : [{ variable: 'before', value_selector: [`n${place - 1}`, 'output'] }];
  return { type: 'template', config: { template: place === 0 ? 'x' : '{{ before }}', variables: before } };
}

function asks(text) {
  return { type: 'llm', config: { ...llm, prompt_template: [{ role: 'user', text }] } };
}

function fanOut() {
  const list = JSON.stringify(Array.from({ length: items }, (_, place) => place));
  const nodes = [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'list', label: 'List', type: 'json_object' }] } },
    {
      id: 'each',
      type: 'iteration',
      config: {
        iterator_selector: ['start', 'list', 'items'],
        output_selector: ['step', 'result'],
        is_parallel: true,
        parallel_nums: items,
      },
    },
    { id: 'begin', type: 'iteration-start', parent: 'each' },
    { id: 'step', type: 'noop', parent: 'each' },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'result', value_selector: ['each', 'output'] }] } },
  ];
  const edges = [
    { source: 'start', target: 'each' },
    { source: 'begin', target: 'step' },
    { source: 'each', target: 'end' },
  ];
  return { format: 'treadle/v1', name: 'w4', nodes, edges, inputs: { list: { items: JSON.parse(list) } } };
}

function chat() {
  const nodes = [
    { id: 'start', type: 'start' },
    {
      id: 'ask',
      type: 'llm',
      config: {
        ...llm,
        prompt_template: [{ role: 'system', text: 'Be brief.' }],
        memory: { window: { enabled: true, size: turns } },
      },
    },
    { id: 'answer', type: 'answer', config: { answer: '{{#ask.text#}}' } },
  ];
  const edges = [
    { source: 'start', target: 'ask' },
    { source: 'ask', target: 'answer' },
  ];
  return { format: 'treadle/v1', name: 'w6', kind: 'chat', nodes, edges };
}

/** Each caller talks on in its conversation until it has had its turns, then begins another. */
function conversation() {
  const body = { inputs: {}, query: 'And then?', mode: 'wait' };
  const past = new Map();
  return {
    body,
    nextRequest: (answer) => {
      const id = answer && JSON.parse(answer).conversation_id;
      const had = (past.get(id) ?? 0) + 1;
      past.delete(id);
      if (!id || had >= turns) return {};
      past.set(id, had);
      return { body: JSON.stringify({ ...body, conversation_id: id }) };
    },
  };
}
