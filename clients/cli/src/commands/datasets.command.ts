import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { Page } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { table } from '../output/table.js';
import type { Act } from './act.js';

interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly documents: number;
  readonly chunks: number;
  readonly reindexing: boolean;
}

interface DatasetDocument {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly error: string | null;
  readonly chunks: number;
}

interface SearchResult {
  readonly chunks: readonly {
    readonly score: number;
    readonly document_name: string;
    readonly position: number;
    readonly content: string;
  }[];
  readonly degraded: string | null;
  readonly timings: readonly { readonly stage: string; readonly milliseconds: number }[];
}

const path = '/api/v1/datasets';
const at = (dataset = '') => `${path}/${encodeURIComponent(dataset)}`;
const shownCharacters = 100;

export function addDatasetsCommand(program: Command, act: Act): void {
  const datasets = program.command('datasets').description('make datasets, fill them and search them');
  datasets
    .command('list')
    .description('every dataset with its size, newest first')
    .addHelpText('after', '\nExample:\n  treadle datasets list')
    .action(act<unknown>(list));
  datasets
    .command('create')
    .description('make an empty dataset')
    .argument('<name>', 'its name')
    .addHelpText('after', '\nExample:\n  treadle datasets create handbook')
    .action(act<unknown>(create));
  datasets
    .command('add')
    .description('add a text file as a document')
    .argument('<dataset>', 'id of a dataset')
    .argument('<file>', 'a text or Markdown file')
    .addHelpText('after', '\nExample:\n  treadle datasets add 0ea769d5-ac6a-4b31-902c-be457205eb5e rules.md')
    .action(act<unknown>(add));
  datasets
    .command('documents')
    .description('the documents of a dataset with their status')
    .argument('<dataset>', 'id of a dataset')
    .addHelpText('after', '\nExample:\n  treadle datasets documents 0ea769d5-ac6a-4b31-902c-be457205eb5e')
    .action(act<unknown>(documents));
  datasets
    .command('search')
    .description('find what answers a question, and see what each stage took')
    .argument('<dataset>', 'id of a dataset')
    .argument('<query>', 'what to look for')
    .addHelpText('after', '\nExample:\n  treadle datasets search 0ea769d5-ac6a-4b31-902c-be457205eb5e "holiday rules"')
    .action(act<unknown>(search));
  datasets
    .command('delete')
    .description('delete a dataset with all its documents')
    .argument('<dataset>', 'id of a dataset')
    .addHelpText('after', '\nExample:\n  treadle datasets delete 0ea769d5-ac6a-4b31-902c-be457205eb5e')
    .action(act<unknown>(remove));
}

async function list({ api, signal, ...context }: CommandContext): Promise<void> {
  const { items } = await api.send<Page<Dataset>>(path, { signal });
  const rows = () =>
    items.map(({ id, name, documents: of, chunks, reindexing }) => [
      id,
      name,
      `${of}`,
      `${chunks}`,
      reindexing ? 'yes' : '',
    ]);
  print({ api, signal, ...context }, items, () =>
    table(['DATASET', 'NAME', 'DOCUMENTS', 'CHUNKS', 'REINDEXING'], rows()),
  );
}

async function create(context: CommandContext, _options: unknown, name = ''): Promise<void> {
  const { api, signal } = context;
  const dataset = await api.send<Dataset>(path, { method: 'POST', json: { name }, signal });
  print(context, dataset, () => `Dataset "${dataset.name}" is ${dataset.id}.`);
}

async function add(context: CommandContext, _options: unknown, dataset = '', file = ''): Promise<void> {
  const json = { name: basename(file), text: await readFile(file, 'utf8') };
  const { api, signal } = context;
  const document = await api.send<DatasetDocument>(`${at(dataset)}/documents`, { method: 'POST', json, signal });
  print(context, document, () => `Document "${document.name}" is ${document.id}; it is ${document.status}.`);
}

async function documents(context: CommandContext, _options: unknown, dataset = ''): Promise<void> {
  const { items } = await context.api.send<Page<DatasetDocument>>(`${at(dataset)}/documents`, {
    signal: context.signal,
  });
  print(context, items, () =>
    table(
      ['DOCUMENT', 'NAME', 'STATUS', 'CHUNKS', 'TROUBLE'],
      items.map(({ id, name, status, chunks, error }) => [id, name, status, String(chunks), error ?? '']),
    ),
  );
}

async function search(context: CommandContext, _options: unknown, dataset = '', query = ''): Promise<void> {
  const { api, signal } = context;
  const result = await api.send<SearchResult>(`${at(dataset)}/search`, { method: 'POST', json: { query }, signal });
  const rows = () =>
    result.chunks.map(({ score, document_name, position, content }) => [
      score.toFixed(4),
      `${document_name} #${position}`,
      content.replace(/\s+/g, ' ').slice(0, shownCharacters),
    ]);
  print(context, result, () =>
    [
      table(['SCORE', 'WHERE', 'WHAT'], rows()),
      result.timings.map(({ stage, milliseconds }) => `${stage} ${milliseconds} ms`).join(', '),
      ...(result.degraded ? [`Less than it could be: ${result.degraded}`] : []),
    ].join('\n'),
  );
}

async function remove(context: CommandContext, _options: unknown, dataset = ''): Promise<void> {
  await context.api.send(at(dataset), { method: 'DELETE', signal: context.signal });
  print(context, { id: dataset }, () => 'The dataset is deleted.');
}
