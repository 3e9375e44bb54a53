import { createHash } from 'node:crypto';
import { type Attack, type AttackClass, both, refusedWith, type Verdict } from './attack.js';
import { tellsNothing } from './object-authorisation.js';
import type { Sent } from './send.js';
import type { Site } from './site.js';

const path = '/graphql';
const ask = (query: string, more: object = {}): Sent => ({ method: 'POST', path, json: { query, ...more } });
const many = (count: number, of: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => of(index)).join(' ');
const deep = (open: string, inside: string, times: number) => `${open.repeat(times)}${inside}${'}'.repeat(times)}`;
const typename = '__typename ';

/** Documents that ask for more than anybody needs. */
export const bombs: Readonly<Record<string, string>> = {
  'depth 9': `{ workflows { items { ${deep('a { ', typename, 7)} } } }`,
  'depth 50': deep('{ a ', '', 50),
  'depth 5,000': deep('{ a ', '', 5000),
  'depth without an end': '{ a '.repeat(5000),
  'inline fragments 2,000 deep': deep('{ ... on Query ', '{ __typename }', 2000),
  '16 aliases': `{ ${many(16, (index) => `a${index}: organisation { id }`)} }`,
  '1,000 aliases': `{ ${many(1000, (index) => `a${index}: __typename`)} }`,
  '100,000 aliases': `{ ${many(100_000, (index) => `a${index}: __typename`)} }`,
  'aliases in fragments': `{ ${many(30, (index) => `...f${index}`)} } ${many(30, (index) => `fragment f${index} on Query { a${index}: organisation { id } }`)}`,
  'fragments that double': `{ ...f0 } ${many(30, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)} fragment f30 on Query { __typename }`,
  'a fragment of itself': '{ ...f } fragment f on Query { ...f }',
  'fragments of each other': '{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }',
  'the same field 600 times': `{ ${many(600, () => typename)} }`,
  'the same field 30,000 times': `{ ${many(30_000, () => typename)} }`,
  '21 directives': `{ __typename ${many(21, () => '@include(if: true)')} }`,
  '5,000 directives': `{ __typename ${many(5000, () => '@skip(if: false)')} }`,
  'directives that do not exist': `{ __typename ${many(500, (index) => `@d${index}`)} }`,
  '11 operations': many(11, (index) => `query q${index} { __typename }`),
  '500 operations': many(500, (index) => `query q${index} { __typename }`),
  '2,001 tokens': `{ ${many(2001, () => 'a')} }`,
  'a document of 1 MiB': `{ __typename } # ${'x'.repeat(1024 * 1024)}`,
  'a list 5,000 deep': `{ workflow(id: ${'['.repeat(5000)}${']'.repeat(5000)}) { id } }`,
  'a list 600 deep': `{ workflow(id: ${'['.repeat(600)}${']'.repeat(600)}) { id } }`,
  'an object 2,000 deep': `{ workflow(id: ${'{a:'.repeat(2000)}1${'}'.repeat(2000)}) { id } }`,
  'a text of 60 kB': `{ workflow(id: "${'x'.repeat(60_000)}") { id } } { ${many(100, () => 'x')} }`,
  'a million rows': '{ workflows(limit: 1000000) { items { id } } }',
  'lists in lists, at most of each':
    '{ workflows(limit: 100) { items { id versions { items { id } } runs(limit: 100) { items { id node_runs { id } } } } } }',
  'schemas in schemas': `{ __schema { types { ${deep('fields { type { ', 'name', 12)}${'}'.repeat(12)} } } }`,
  'types of types of types': `{ __type(name: "Query") { ${deep('ofType { ', 'name', 30)} } }`,
  nothing: '',
  spaces: ' '.repeat(10_000),
  'no document': '}{',
  'a mutation': 'mutation { deleteWorkflow(id: "x") { id } }',
  'a subscription': 'subscription { nothing { id } }',
  'a field that does not exist': '{ passwords { hash } }',
  'a near miss, which would be suggested': '{ workflow(id: "x") { secre } }',
  'SQL for an id': `{ workflow(id: "' or true --") { id, name, nothing } }`,
  'a NUL byte': '{ workflows(cursor: "\\u0000") { items { nothing } } }',
  'a variable that is not there': 'query q($a: String!) { workflow(id: $a) { id } }',
  'a variable of another type': 'query q($a: Int = "x") { workflow(id: $a) { id } }',
};

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const persisted = (sha256Hash: string, version = 1) => ({ extensions: { persistedQuery: { version, sha256Hash } } });

/** Requests whose shape is not that of a question. */
const shapes: Readonly<Record<string, Sent>> = {
  'a batch': { method: 'POST', path, json: Array.from({ length: 100 }, () => ({ query: '{ __typename }' })) },
  'a batch of one': { method: 'POST', path, json: [{ query: '{ __typename }' }] },
  'a query that is a list': { method: 'POST', path, json: { query: ['{ __typename }'] } },
  'variables that are text': ask('{ __typename }', { variables: '{}' }),
  'variables with the prototype': {
    method: 'POST',
    path,
    body: '{"query":"{ __typename }","variables":{"__proto__":{"a":1}}}',
    headers: { 'content-type': 'application/json' },
  },
  'a field that nobody knows': ask('{ __typename }', { tenant_id: 'default' }),
  'an operation that is not there': ask('query a { __typename }', { operationName: 'b' }),
  'a document as text': {
    method: 'POST',
    path,
    body: '{ __typename }',
    headers: { 'content-type': 'application/graphql' },
  },
  'a form': {
    method: 'POST',
    path,
    body: 'query=%7B__typename%7D',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  },
  'a question in the address': { path: `${path}?query=${encodeURIComponent('{ __typename }')}` },
  'a persisted query under a wrong hash': ask('{ __typename }', persisted(hash('something else'))),
  'a persisted query of another version': ask('{ __typename }', persisted(hash('{ __typename }'), 2)),
  'a hash that is none': { method: 'POST', path, json: persisted('../../etc/passwd') },
  'a hash with SQL': { method: 'POST', path, json: persisted("' or true --") },
};

function refusedDocuments(): Attack[] {
  const judge = refusedWith([400, 404, 405, 413, 415, 422]);
  const documents = Object.entries(bombs).map(
    ([name, query]): Attack => ({ name, send: (at) => at.send({ ...ask(query), as: at.attacker.owner }), judge }),
  );
  const requests = Object.entries(shapes).map(
    ([name, sent]): Attack => ({ name, send: (at) => at.send({ ...sent, as: at.attacker.owner }), judge }),
  );
  return [...documents, ...requests];
}

/** What is not the caller's is null, whichever field it is asked by. */
function ofOthers({ victim: { has } }: Site): Attack[] {
  const questions = [
    `{ workflow(id: "${has.workflow}") { id name } }`,
    `{ run(id: "${has.run}") { id } }`,
    `{ dataset(id: "${has.dataset}") { id name } }`,
    `{ document(dataset: "${has.dataset}", id: "${has.document}") { id name } }`,
    `{ documents(dataset: "${has.dataset}") { items { id name } } }`,
    `{ toolset(name: "${has.toolset}") { name } }`,
    `{ runs(workflow_id: "${has.workflow}") { items { id } } }`,
    `{ user(id: "${has.user}") { id email } }`,
    '{ workflows { items { id name } } }',
    '{ datasets { items { id name } } }',
    '{ users { items { id email } } }',
    '{ organisation { id name } }',
  ];
  const nothing = both(refusedWith([200, 400]), tellsNothing, ({ text }): Verdict => {
    const told = [has.workflow, has.run, has.dataset, has.document].find((id) => text.includes(`"id":"${id}"`));
    return told && `gives ${told}`;
  });
  return questions.map((query) => ({
    name: `of another: ${query}`,
    send: (at) => at.send({ ...ask(query), as: at.attacker.owner }),
    judge: nothing,
  }));
}

/** Who may not ask for something by its route may not ask for it here, nor for what there is to ask. */
function byOthers(): Attack[] {
  const documents: Readonly<Record<string, string>> = {
    introspection: '{ __schema { types { name } } }',
    'a type': '{ __type(name: "Query") { fields { name } } }',
    users: '{ users { items { email } } }',
    workflows: '{ workflows { items { id } } }',
  };
  return Object.entries(documents).flatMap(([name, query]): Attack[] => [
    { name: `${name} for nobody`, send: (at) => at.send(ask(query)), judge: refusedWith([401]) },
    {
      name: `${name} for a wrong token`,
      send: (at) => at.send({ ...ask(query), as: 'tk_none' }),
      judge: refusedWith([401]),
    },
    {
      name: `${name} for a key for datasets`,
      send: (at) => at.send({ ...ask(query), as: at.attacker.has.datasetKey }),
      judge: refusedWith([403]),
    },
  ]);
}

/** Questions that cost too much, or are not the caller's to ask. */
export const graphql: AttackClass = {
  name: 'graphql',
  attacks: (site) => [...refusedDocuments(), ...ofOthers(site), ...byOthers()],
};
