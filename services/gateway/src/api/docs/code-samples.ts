import { type ExampleSchema, exampleOf } from './example-value.js';

/** An operation of an OpenAPI description, as far as samples need it. */
export interface DescribedOperation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: ExampleSchema;
  }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: ExampleSchema }>> };
  'x-codeSamples'?: readonly CodeSample[];
}

export interface CodeSample {
  readonly lang: 'Shell' | 'TypeScript' | 'Python';
  readonly label: string;
  readonly source: string;
}

export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, ExampleSchema>> };
}

/** A request that fits an operation. Parameters of the path are words in capitals, to be replaced. */
interface SampleRequest {
  readonly method: string;
  readonly path: string;
  readonly body: { readonly type: 'json'; readonly value: unknown } | { readonly type: 'form' | 'bytes' } | undefined;
}

export const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Puts examples for curl, TypeScript and Python to every operation, filled from its parameters and the schema of its body. */
export function addCodeSamples<T extends Description>(description: T): T {
  for (const [path, operations] of Object.entries(description.paths))
    for (const method of methods) {
      const operation = operations[method];
      if (operation) operation['x-codeSamples'] = samplesOf(requestOf(description, method, path, operation));
    }
  return description;
}

function requestOf(
  { components }: Description,
  method: string,
  path: string,
  { parameters = [], requestBody }: DescribedOperation,
): SampleRequest {
  const resolve = (reference: string) => components?.schemas?.[reference.split('/').at(-1) ?? ''];
  const query = parameters
    .filter((one) => one.in === 'query' && one.required)
    .map(({ name, schema = {} }) => `${name}=${encodeURIComponent(String(exampleOf(schema, resolve)))}`);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => placeholder(path, name));
  const content = Object.entries(requestBody?.content ?? {});
  const json = content.find(([type]) => type === 'application/json')?.[1];
  const form = content.some(([type]) => type.startsWith('multipart/'));
  return {
    method: method.toUpperCase(),
    path: query.length === 0 ? filled : `${filled}?${query.join('&')}`,
    body: json
      ? { type: 'json', value: exampleOf(json.schema ?? {}, resolve) }
      : content.length > 0
        ? { type: form ? 'form' : 'bytes' }
        : undefined,
  };
}

/** `{id}` of `/workflows/{id}` is a `WORKFLOW_ID`. */
function placeholder(path: string, name: string): string {
  const before = path.split(`{${name}}`)[0]?.split('/').filter(Boolean).at(-1) ?? '';
  const owner = before.replace(/s$/, '').replaceAll('-', '_');
  return (name === 'id' || name === 'name' ? `${owner}_${name}` : name).toUpperCase();
}

function samplesOf(request: SampleRequest): CodeSample[] {
  const openAi = openAiOf(request);
  return [
    { lang: 'Shell', label: 'curl', source: curlOf(request) },
    { lang: 'TypeScript', label: 'fetch', source: fetchOf(request) },
    ...(openAi ? [{ lang: 'TypeScript', label: 'openai', source: openAi } as const] : []),
    { lang: 'Python', label: 'urllib', source: pythonOf(request) },
  ];
}

function curlOf({ method, path, body }: SampleRequest): string {
  const lines = [
    `curl --fail-with-body -X ${method} "$TREADLE_URL${path}"`,
    '-H "Authorization: Bearer $TREADLE_API_KEY"',
  ];
  if (body?.type === 'json') {
    lines.push("-H 'Content-Type: application/json'");
    lines.push(`-d '${JSON.stringify(body.value, null, 2).replaceAll("'", String.raw`'\''`)}'`);
  }
  if (body?.type === 'form') lines.push("-F 'file=@file.txt'");
  if (body?.type === 'bytes') lines.push("--data-binary '@file.txt'");
  return lines.join(' \\\n  ');
}

function fetchOf({ method, path, body }: SampleRequest): string {
  const before =
    body?.type === 'form'
      ? "const form = new FormData();\nform.append('file', new Blob(['content'], { type: 'text/plain' }), 'file.txt');\n"
      : '';
  const headers = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the sample
    'authorization: `Bearer ${process.env.TREADLE_API_KEY}`',
    ...(body?.type === 'json' ? ["'content-type': 'application/json'"] : []),
  ];
  const bodies = {
    json: body?.type === 'json' ? `JSON.stringify(${indented(body.value)})` : '',
    form: 'form',
    bytes: "'content'",
  };
  return `${before}const response = await fetch(\`\${process.env.TREADLE_URL}${path}\`, {
  method: '${method}',
  headers: { ${headers.join(', ')} },${body ? `\n  body: ${bodies[body.type]},` : ''}
});
if (!response.ok) throw new Error(await response.text());
console.log(await response.text());`;
}

/** For what OpenAI's own client can ask. */
function openAiOf({ path, body }: SampleRequest): string | undefined {
  const calls: Readonly<Record<string, string>> = {
    '/openai/v1/chat/completions': 'chat.completions.create',
    '/openai/v1/embeddings': 'embeddings.create',
    '/openai/v1/models': 'models.list',
  };
  const call = calls[path];
  if (!call) return undefined;
  return `import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: \`\${process.env.TREADLE_URL}/openai/v1\`,
  apiKey: process.env.TREADLE_API_KEY,
});
console.log(await client.${call}(${body?.type === 'json' ? indented(body.value, 0) : ''}));`;
}

function pythonOf({ method, path, body }: SampleRequest): string {
  const type = {
    json: 'application/json',
    form: 'multipart/form-data; boundary=part',
    bytes: 'application/octet-stream',
  };
  const data = {
    json: 'body.encode()',
    form: String.raw`b'--part\r\nContent-Disposition: form-data; name="file"; filename="file.txt"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n--part--\r\n'`,
    bytes: "b'content'",
  };
  // JSON in a raw text: `true` and `null` are no Python.
  const before = body?.type === 'json' ? `\nbody = r'''${JSON.stringify(body.value, null, 2)}'''` : '';
  return `import os
import urllib.request
${before}
request = urllib.request.Request(
    os.environ['TREADLE_URL'] + '${path}',
    method='${method}',
    headers={
        'Authorization': 'Bearer ' + os.environ['TREADLE_API_KEY'],${body ? `\n        'Content-Type': '${type[body.type]}',` : ''}
    },${body ? `\n    data=${data[body.type]},` : ''}
)
with urllib.request.urlopen(request) as response:
    print(response.read().decode())`;
}

function indented(value: unknown, depth = 1): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${'  '.repeat(depth)}`);
}
