import { access } from 'node:fs/promises';
import { type Attack, type AttackClass, parsed, refusedWith, type Verdict } from './attack.js';
import { zipOf } from './zip.js';

/** A file that must not be there afterwards. */
const outside = '/tmp/treadle-attack-was-here';

/** Names that lead elsewhere. */
const names: readonly string[] = [
  '../../../../etc/passwd',
  '..\\..\\..\\windows\\win.ini',
  `../../../../..${outside}`,
  outside,
  'C:\\evil.txt',
  '\\\\evil.example.com\\share\\x.txt',
  '....//....//etc/passwd',
  '..%2f..%2fetc%2fpasswd.txt',
  '..%c0%af..%c0%afetc.txt',
  '..%252f..%252fetc.txt',
  '.',
  '..',
  '.htaccess',
  'a/../../b.txt',
  'a\tb.txt',
  'file:///etc/passwd',
  'CON',
  'a.txt:stream',
  '~/.ssh/authorized_keys',
  '\u202Etxt.exe',
  `${'a'.repeat(3000)}.txt`,
  '-rf.txt',
  '$(touch x).txt',
  '`id`.txt',
  '|id.txt',
  '%00.txt',
];

const formType = 'multipart/form-data; boundary=x';
const form = (name: string, content: string | Buffer) =>
  Buffer.concat([
    Buffer.from(
      `--x\r\nContent-Disposition: form-data; name="user"\r\n\r\nada\r\n--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n{}\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n--x--\r\n'),
  ]);

/** A name and no path, in whatever the answer calls a name. */
const nameOnly: Attack['judge'] = (answer): Verdict => {
  const trouble = refusedWith([200, 201, 202, 400, 413, 415, 422])(answer);
  if (trouble !== undefined) return trouble;
  const found = [...answer.text.matchAll(/"(?:name|filename)":"((?:[^"\\]|\\.)*)"/g)].map(([, name = '']) =>
    parsed(`"${name}"`),
  );
  const path = found.find((name) => typeof name === 'string' && /[/\\\0\r\n]/.test(name));
  return path === undefined ? undefined : `keeps the path ${JSON.stringify(path)}`;
};

const uploads: readonly Attack[] = names.flatMap((name) =>
  (['/api/v1/files', '/v1/files/upload', 'dataset'] as const).map(
    (path): Attack => ({
      name: `a file called ${JSON.stringify(name).slice(0, 40)} to ${path}`,
      send: (at) => {
        const { appKey, datasetKey, dataset } = at.attacker.has;
        const as = { '/api/v1/files': at.attacker.owner, '/v1/files/upload': appKey, dataset: datasetKey }[path];
        return at.send({
          ...{ method: 'POST', as, body: form(name, 'harmless text') },
          path: path === 'dataset' ? `/v1/datasets/${dataset}/document/create-by-file` : path,
          headers: { 'content-type': formType },
        });
      },
      // A document may be called as it likes: it is a title, and where it becomes a name of a file it is made one.
      judge: path === 'dataset' ? refusedWith([200, 400, 413, 415, 422]) : nameOnly,
    }),
  ),
);

/** What comes back as a file has a harmless name, whatever it was called. */
const downloads: readonly Attack[] = names.map((name) => ({
  name: `a file called ${JSON.stringify(name).slice(0, 40)} comes back`,
  send: async (at) => {
    const sent = { method: 'POST', path: '/api/v1/files', body: form(name, 'text'), as: at.attacker.owner };
    const made = await at.send({ ...sent, headers: { 'content-type': formType } });
    const { items } = (parsed(made.text) ?? {}) as { items?: readonly { id: string }[] };
    return items?.[0] ? at.send({ path: `/api/v1/files/${items[0].id}/content`, as: at.attacker.owner }) : made;
  },
  judge: (answer) => {
    const shown = answer.headers['content-disposition'];
    if (answer.status !== 200) return refusedWith([400, 413, 415, 422])(answer);
    return shown && /^attachment; filename\*=UTF-8''[\w.%!~*'()-]*$/.test(shown) ? undefined : `is shown as ${shown}`;
  },
}));

const addresses: readonly Attack[] = [
  '/api/docs/..%2f..%2fpackage.json',
  '/api/docs/%2e%2e/%2e%2e/package.json',
  '/api/docs/../../package.json',
  '/api/docs/..\\..\\package.json',
  '/api/docs/....//package.json',
  '/api/docs/%252e%252e/package.json',
  '/api/docs/..%c0%afpackage.json',
  '/api/v1/files/..%2f..%2f..%2fetc%2fpasswd',
  '/api/v1/files/..%2f..%2f..%2fetc%2fpasswd/content',
  '/api/v1/files/%2e%2e/content',
  '/api/v1/files/%2fetc%2fpasswd/content',
  '/api/v1/files/..%5c..%5cwin.ini/content',
  '/v1/files/..%2f..%2fetc%2fpasswd/preview?user=ada',
  '/api/v1/runs/{run}/files/..%2f..%2f..%2fetc%2fpasswd',
  '/api/v1/runs/{run}/values/..%2f..%2fetc',
  '/api/v1/runs/..%2fworkflows',
  '/api/v1/workflows/..%2f..%2fkeys',
  '/approvals/..%2f..%2fapi%2fv1%2fkeys',
  '/hooks/..%2f..%2fapi%2fv1%2fkeys',
  '/openai/v1/models/..%2f..%2f..%2fapi%2fv1%2fkeys',
  '/openai/v1/models/../../../api/v1/keys',
  '/health/../api/v1/keys',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/etc/passwd',
  '//etc/passwd',
  '/.git/config',
  '/.env',
  '/package.json',
].map((path) => ({
  name: `an address: ${path}`,
  send: (at) => at.send({ path: path.replace('{run}', at.attacker.has.run), as: at.attacker.owner }),
  judge: (answer) =>
    refusedWith([400, 401, 404])(answer) ?? (/root:|"workspaces"/.test(answer.text) ? 'gives a file' : undefined),
}));

/** Files that unpack to somewhere else, or to very much. */
const packed: readonly Attack[] = [
  { what: 'entries above', bytes: zipOf({ [`../../../../../..${outside}`]: 'x', 'word/document.xml': '<w/>' }) },
  { what: 'entries from the root', bytes: zipOf({ [outside]: 'x', '[Content_Types].xml': '<Types/>' }) },
  { what: 'entries with backslashes', bytes: zipOf({ '..\\..\\evil': 'x', 'xl/workbook.xml': '<workbook/>' }) },
  { what: 'an entry that is very large', bytes: zipOf({ 'word/document.xml': 'x'.repeat(60_000_000) }) },
  {
    what: 'an external entity',
    bytes: zipOf({ 'word/document.xml': '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>' }),
  },
  {
    what: 'entities of entities',
    bytes: zipOf({
      'word/document.xml':
        '<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]><a>&d;</a>',
    }),
  },
  { what: 'nothing', bytes: zipOf({}) },
].flatMap(({ what, bytes }) =>
  ['docx', 'xlsx', 'pptx', 'epub', 'zip'].map(
    (ending): Attack => ({
      name: `a ${ending} with ${what}`,
      send: (at) =>
        at.send({
          ...{
            method: 'POST',
            path: `/v1/datasets/${at.attacker.has.dataset}/document/create-by-file`,
            as: at.attacker.has.datasetKey,
          },
          ...{ body: form(`packed.${ending}`, bytes), headers: { 'content-type': formType } },
        }),
      judge: refusedWith([200, 400, 413, 415, 422]),
    }),
  ),
);

async function nothingOutside(): Promise<Verdict> {
  return access(outside).then(
    () => `${outside} was written`,
    () => undefined,
  );
}

/** Names of files that are addresses. */
export const paths: AttackClass = {
  name: 'path-traversal',
  attacks: () => [...uploads, ...downloads, ...addresses, ...packed],
  afterwards: nothingOutside,
};
