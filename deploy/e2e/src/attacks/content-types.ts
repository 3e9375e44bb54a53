import { type Attack, type AttackClass, parsed, refusedWith } from './attack.js';
import type { Sent } from './send.js';
import type { Site } from './site.js';

const json = '{"name":"planted"}';
const form = '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nplanted\r\n--x--\r\n';
const formType = 'multipart/form-data; boundary=x';

/** Types that are none of ours for a body of JSON. */
const wrongTypes = [
  'text/plain',
  'text/html',
  'application/x-www-form-urlencoded',
  'application/xml',
  'application/jsonp',
  'application/json-evil',
  'application/json5',
  'application/jsonlines',
  'application/javascript',
  'application/octet-stream',
  'application/x-ndjson',
  'text/json; application/json',
  'application / json',
  'application/json, text/plain',
  'json',
  ';application/json',
  '*/*',
  '',
];

const utf16 = Buffer.from(json, 'utf16le');

/** Bodies that say one thing and are another. */
const wrongBodies: Readonly<Record<string, Pick<Sent, 'body' | 'headers'>>> = {
  'UTF-16': { body: utf16, headers: { 'content-type': 'application/json; charset=utf-16' } },
  'UTF-16 with a mark': {
    body: Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
    headers: { 'content-type': 'application/json' },
  },
  'UTF-7': {
    body: '+AHsAIgBuAGEAbQBlACIAOgAiAHgAIgB9-',
    headers: { 'content-type': 'application/json; charset=utf-7' },
  },
  'UTF-32': {
    body: Buffer.from([...json].flatMap((one) => [0, 0, 0, one.charCodeAt(0)])),
    headers: { 'content-type': 'application/json; charset=utf-32' },
  },
  'JSON with comments': { body: `/* x */ ${json}`, headers: { 'content-type': 'application/json' } },
  'JSON with a comma too many': { body: '{"name":"planted",}', headers: { 'content-type': 'application/json' } },
  'JSON with single quotes': { body: "{'name':'planted'}", headers: { 'content-type': 'application/json' } },
  'two values': { body: `${json}${json}`, headers: { 'content-type': 'application/json' } },
  NaN: { body: '{"name":NaN}', headers: { 'content-type': 'application/json' } },
  'a list': { body: `[${json}]`, headers: { 'content-type': 'application/json' } },
  'a text': { body: '"planted"', headers: { 'content-type': 'application/json' } },
  null: { body: 'null', headers: { 'content-type': 'application/json' } },
  'a form as JSON': { body: form, headers: { 'content-type': 'application/json' } },
  YAML: { body: 'name: planted', headers: { 'content-type': 'application/json' } },
  'packed by gzip': {
    body: Buffer.from('1f8b0800000000000003', 'hex'),
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  },
  'a type twice': { body: form, headers: { 'content-type': [formType, 'application/json'] } },
  'nothing at all': { body: '', headers: { 'content-type': 'application/json' } },
};

function toJsonRoutes({ attacker: { has } }: Site): Attack[] {
  const targets: [method: string, path: string, as: string][] = [
    ['POST', '/api/v1/datasets', 'owner'],
    ['PATCH', `/api/v1/conversations/${has.conversation}`, 'owner'],
    ['POST', '/v1/datasets', has.datasetKey],
    ['POST', '/openai/v1/chat/completions', 'owner'],
  ];
  const bodies: [what: string, Pick<Sent, 'body' | 'headers'>][] = [
    ...wrongTypes.map((type): [string, Pick<Sent, 'body' | 'headers'>] => [
      `JSON as "${type}"`,
      { body: json, headers: { 'content-type': type } },
    ]),
    ['a form', { body: form, headers: { 'content-type': formType } }],
    ['a form without its boundary', { body: form, headers: { 'content-type': 'multipart/form-data' } }],
    ...Object.entries(wrongBodies),
  ];
  return targets.flatMap(([method, path, as]) =>
    bodies.map(
      ([what, sent]): Attack => ({
        name: `${what} to ${path}`,
        send: (at) => at.send({ ...sent, method, path, as: as === 'owner' ? at.attacker.owner : as }),
        judge: refusedWith([400, 415, 422]),
      }),
    ),
  );
}

function toFormRoutes({ attacker: { has } }: Site): Attack[] {
  const targets: [path: string, as: string][] = [
    ['/api/v1/files', 'owner'],
    ['/v1/files/upload', has.appKey],
    [`/v1/datasets/${has.dataset}/document/create-by-file`, has.datasetKey],
  ];
  const file = (head: string) => `--x\r\n${head}\r\n\r\ncontent\r\n--x--\r\n`;
  const bodies: Readonly<Record<string, Pick<Sent, 'body' | 'headers'>>> = {
    JSON: { body: json, headers: { 'content-type': 'application/json' } },
    'a form in an address': { body: 'file=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    'no boundary': { body: form, headers: { 'content-type': 'multipart/form-data' } },
    'another boundary': { body: form, headers: { 'content-type': 'multipart/form-data; boundary=y' } },
    'a boundary that is too long': {
      body: form,
      headers: { 'content-type': `multipart/form-data; boundary=${'y'.repeat(5000)}` },
    },
    'no end': { body: form.replace('--x--', ''), headers: { 'content-type': formType } },
    'a part without a name': { body: file('Content-Disposition: form-data'), headers: { 'content-type': formType } },
    'a part named as the prototype': {
      body: file('Content-Disposition: form-data; name="__proto__"; filename="a.txt"'),
      headers: { 'content-type': formType },
    },
    'nested parts': { body: file('Content-Type: multipart/mixed; boundary=y'), headers: { 'content-type': formType } },
    'a page that says it is a picture': {
      body: '--x\r\nContent-Disposition: form-data; name="user"\r\n\r\nada\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n<script>alert(1)</script>\r\n--x--\r\n',
      headers: { 'content-type': formType },
    },
    'a program that says it is a text': {
      body: '--x\r\nContent-Disposition: form-data; name="user"\r\n\r\nada\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n\x7fELF\x02\x01\x01\r\n--x--\r\n',
      headers: { 'content-type': formType },
    },
  };
  return targets.flatMap(([path, as]) =>
    Object.entries(bodies).map(
      ([what, sent]): Attack => ({
        name: `${what} to ${path}`,
        send: (at) => at.send({ ...sent, method: 'POST', path, as: as === 'owner' ? at.attacker.owner : as }),
        judge: refusedWith([400, 413, 415, 422]),
      }),
    ),
  );
}

/** Of names that come twice one is believed by everybody: what is checked is what is done. */
function twice(): Attack[] {
  const body = '{"name":"k","scopes":["runs:read"],"scopes":["installation:manage"]}';
  const hidden = '{"name":"k","scopes":["installation:manage"],"scopes":["runs:read"]}';
  return [
    {
      name: 'a name twice, the worse one last',
      send: (at) =>
        at.send({
          method: 'POST',
          path: '/api/v1/keys',
          body,
          headers: { 'content-type': 'application/json' },
          as: at.attacker.owner,
        }),
      judge: refusedWith([403]),
    },
    {
      name: 'a name twice, the worse one first',
      send: async (at) => {
        const made = await at.send({
          method: 'POST',
          path: '/api/v1/keys',
          body: hidden,
          headers: { 'content-type': 'application/json' },
          as: at.attacker.owner,
        });
        const { key = '' } = (parsed(made.text) ?? {}) as { key?: string };
        return at.send({ path: '/api/v1/retrieval/installation/status', as: key });
      },
      judge: refusedWith([403]),
    },
  ];
}

/** Bodies that are something else than they say. */
export const contentTypes: AttackClass = {
  name: 'content-types',
  attacks: (site) => [...toJsonRoutes(site), ...toFormRoutes(site), ...twice()],
};
