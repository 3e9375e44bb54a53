import { type DescribedOperation, type Description, methods } from './code-samples.js';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
nav{columns:3}pre{background:#f4f4f4;padding:.8rem;overflow:auto;font-size:13px}code{font-size:14px}
details{border-top:1px solid #ddd;padding:.4rem 0}summary{cursor:pointer}h2{margin-top:2.5rem}b{display:inline-block;min-width:4.5rem}
@media(prefers-color-scheme:dark){body{color:#eee;background:#111}pre{background:#222}a{color:#8bf}details{border-color:#333}}`;

interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: DescribedOperation;
}

/** The description as one page without a script: operations by what they are about, each with its parameters and examples. */
export function referencePage(description: Description): string {
  const byTag = new Map<string, Listed[]>();
  for (const [path, operations] of Object.entries(description.paths))
    for (const method of methods) {
      const operation = operations[method];
      if (!operation) continue;
      const tag = operation.tags?.[0] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), { method: method.toUpperCase(), path, operation }]);
    }
  const tags = [...byTag].sort(([a], [b]) => (a < b ? -1 : 1));
  const links = tags.map(([tag]) => `<a href="#${anchor(tag)}">${escape(tag)}</a>`);
  const sections = tags.map(
    ([tag, listed]) => `<h2 id="${anchor(tag)}">${escape(tag)}</h2>${listed.map(operationHtml).join('')}`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Treadle API reference</title><style>${style}</style><h1>Treadle API reference</h1>
<p>Examples take the address from <code>TREADLE_URL</code> and an API key from <code>TREADLE_API_KEY</code>; words in capitals are to be replaced.
The same as OpenAPI 3.1: <a href="/api/docs-json">/api/docs-json</a>. To try it out: <a href="/api/docs">/api/docs</a>.</p>
<nav>${links.join('<br>')}</nav>${sections.join('')}</html>`;
}

function operationHtml({ method, path, operation }: Listed): string {
  const { summary = '', description = '', parameters = [], requestBody } = operation;
  const samples = operation['x-codeSamples'] ?? [];
  const named = parameters.map(
    ({ name, in: place, required }) =>
      `<li><code>${escape(name)}</code> in ${escape(place)}${required ? ', required' : ''}</li>`,
  );
  const schemas = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema = {} }]) =>
      `<details><summary>Body: ${escape(type)}</summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`,
  );
  const shown = samples.map(
    ({ lang, label, source }) =>
      `<details><summary>${escape(lang)} (${escape(label)})</summary><pre>${escape(source)}</pre></details>`,
  );
  return `<details><summary><b>${method}</b> <code>${escape(path)}</code> ${escape(summary)}</summary><p>${escape(description)}</p>${
    named.length > 0 ? `<ul>${named.join('')}</ul>` : ''
  }${schemas.join('')}${shown.join('')}</details>`;
}

const anchor = (tag: string) => encodeURIComponent(tag.replaceAll(' ', '-'));

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
