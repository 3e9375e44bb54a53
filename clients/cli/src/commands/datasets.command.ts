import { basename } from 'node:path';
import type { Command } from 'commander';
import type { Page } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { type DatasetDocument, indexedDocument, progressOf } from '../document-status.js';
import { table } from '../output/table.js';
import { uploadFiles } from '../upload-files.js';
import type { Act } from './act.js';
import { addLabelCommands } from './dataset-labels.commands.js';

interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly documents: number;
  readonly chunks: number;
  readonly reindexing: boolean;
  readonly reindexed_documents?: number;
  readonly reindex_failures?: number;
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
const documentAt = (dataset: string, document: string) => `${at(dataset)}/documents/${encodeURIComponent(document)}`;
const shownCharacters = 100;
const longestName = 200;

interface WaitOptions {
  readonly wait: boolean;
}

interface AddOptions extends WaitOptions {
  readonly name?: string;
  readonly replace?: string;
}

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
    .description('add a file or a page as a document')
    .argument('<dataset>', 'id of a dataset')
    .argument('<source>', 'a file (PDF, Word, slides, sheets, HTML, Markdown, text), or an address like https://…')
    .option('--name <name>', 'its name; without it that of the file, or the address')
    .option('--replace <document>', 'give a document that exists this text; its old one is found until then')
    .option('--wait', 'wait until it is indexed, and tell how far it is', false)
    .addHelpText('after', '\nExample:\n  treadle datasets add 0ea769d5-ac6a-4b31-902c-be457205eb5e rules.pdf --wait')
    .action(act<AddOptions>(add));
  datasets
    .command('retry')
    .description('try again a document that has ended in an error')
    .argument('<dataset>', 'id of a dataset')
    .argument('<document>', 'id of a document')
    .option('--wait', 'wait until it is indexed, and tell how far it is', false)
    .addHelpText(
      'after',
      '\nExample:\n  treadle datasets retry 0ea769d5-ac6a-4b31-902c-be457205eb5e 9f1c6f0e-0f5e-4c8e-8f0e-3c1d5b7a2e10 --wait',
    )
    .action(act<WaitOptions>(retry));
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
  addLabelCommands(datasets, act);
}

async function list({ api, signal, ...context }: CommandContext): Promise<void> {
  const { items } = await api.send<Page<Dataset>>(path, { signal });
  const rows = () =>
    items.map((dataset) => [
      dataset.id,
      dataset.name,
      `${dataset.documents}`,
      `${dataset.chunks}`,
      reindexingOf(dataset),
    ]);
  print({ api, signal, ...context }, items, () =>
    table(['DATASET', 'NAME', 'DOCUMENTS', 'CHUNKS', 'REINDEXING'], rows()),
  );
}

function reindexingOf({ reindexing, documents: all, reindexed_documents: done, reindex_failures: failed }: Dataset) {
  if (!reindexing) return '';
  return `${done ?? 0} of ${all}${failed ? `, ${failed} failed` : ''}`;
}

async function create(context: CommandContext, _options: unknown, name = ''): Promise<void> {
  const { api, signal } = context;
  const dataset = await api.send<Dataset>(path, { method: 'POST', json: { name }, signal });
  print(context, dataset, () => `Dataset "${dataset.name}" is ${dataset.id}.`);
}

async function add(context: CommandContext, options: AddOptions, dataset = '', source = ''): Promise<void> {
  const { api, signal } = context;
  const { name, replace } = options;
  const isAddress = /^https?:\/\//i.test(source);
  const [file] = isAddress ? [] : await uploadFiles(api, [source], signal);
  const text = file ? { file_id: file.id } : { url: source };
  const given = name ?? (replace ? undefined : (file?.name ?? basename(source)).slice(0, longestName));
  const json = { name: given, ...text };
  const path = replace ? documentAt(dataset, replace) : `${at(dataset)}/documents`;
  const document = await api.send<DatasetDocument>(path, { method: replace ? 'PATCH' : 'POST', json, signal });
  await tell(context, options, dataset, document);
}

async function retry(context: CommandContext, options: WaitOptions, dataset = '', document = ''): Promise<void> {
  const path = `${documentAt(dataset, document)}/retry`;
  const retried = await context.api.send<DatasetDocument>(path, { method: 'POST', signal: context.signal });
  await tell(context, options, dataset, retried);
}

async function tell(context: CommandContext, { wait }: WaitOptions, dataset: string, given: DatasetDocument) {
  const document = wait ? await indexedDocument(context, documentAt(dataset, given.id)) : given;
  const state = wait ? `it is ${document.status}, with ${document.chunks} chunks` : `it is ${document.status}`;
  print(context, document, () => `Document "${document.name}" is ${document.id}; ${state}.`);
}

async function documents(context: CommandContext, _options: unknown, dataset = ''): Promise<void> {
  const { items } = await context.api.send<Page<DatasetDocument>>(`${at(dataset)}/documents`, {
    signal: context.signal,
  });
  const trouble = ({ error, reindex_error: reindex }: DatasetDocument) =>
    error ?? (reindex ? `Not in the new index: ${reindex}` : '');
  print(context, items, () =>
    table(
      ['DOCUMENT', 'NAME', 'STATUS', 'CHUNKS', 'TROUBLE'],
      items.map((document) => [
        ...[document.id, document.name, progressOf(document), String(document.chunks), trouble(document)],
      ]),
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
