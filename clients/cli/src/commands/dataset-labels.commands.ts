import type { Command } from 'commander';
import type { Page } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { table } from '../output/table.js';
import { readPages } from '../read-pages.js';
import type { Act } from './act.js';

interface Label {
  readonly id: string;
  readonly name: string;
  readonly dataset_ids: readonly string[];
}

const path = '/api/v1/labels';
const pageSize = '100';
const at = (label: string) => `${path}/${encodeURIComponent(label)}`;
const onDataset = (dataset: string, label: string) =>
  `/api/v1/datasets/${encodeURIComponent(dataset)}/labels/${encodeURIComponent(label)}`;

interface ListOptions {
  readonly dataset?: string;
}

/** Below `datasets`: the labels by which they are told apart. */
export function addLabelCommands(datasets: Command, act: Act): void {
  const labels = datasets.command('labels').description('label datasets');
  labels
    .command('list')
    .description('every label with how many datasets it is on')
    .option('--dataset <dataset>', 'only those of this dataset')
    .addHelpText('after', '\nExample:\n  treadle datasets labels list')
    .action(act<ListOptions>(list));
  labels
    .command('create')
    .description('make a label')
    .argument('<name>', 'its name')
    .addHelpText('after', '\nExample:\n  treadle datasets labels create law')
    .action(act<unknown>(create));
  labels
    .command('rename')
    .description('give a label another name')
    .argument('<label>', 'id of a label')
    .argument('<name>', 'its new name')
    .addHelpText('after', '\nExample:\n  treadle datasets labels rename 9f1c6f0e-0f5e-4c8e-8f0e-3c1d5b7a2e10 contracts')
    .action(act<unknown>(rename));
  labels
    .command('delete')
    .description('delete a label; the datasets that it is on stay')
    .argument('<label>', 'id of a label')
    .addHelpText('after', '\nExample:\n  treadle datasets labels delete 9f1c6f0e-0f5e-4c8e-8f0e-3c1d5b7a2e10')
    .action(act<unknown>(remove));
  bindCommand(labels, 'put', 'put a label on a dataset').action(act<unknown>(put));
  bindCommand(labels, 'take', 'take a label off a dataset').action(act<unknown>(take));
}

function bindCommand(labels: Command, name: string, description: string): Command {
  const ids = '0ea769d5-ac6a-4b31-902c-be457205eb5e 9f1c6f0e-0f5e-4c8e-8f0e-3c1d5b7a2e10';
  return labels
    .command(name)
    .description(description)
    .argument('<dataset>', 'id of a dataset')
    .argument('<label>', 'id of a label')
    .addHelpText('after', `\nExample:\n  treadle datasets labels ${name} ${ids}`);
}

async function list(context: CommandContext, { dataset }: ListOptions): Promise<void> {
  const { api, signal } = context;
  const items = await readPages((cursor) =>
    api.send<Page<Label>>(path, { query: { cursor, dataset_id: dataset, limit: pageSize }, signal }),
  );
  print(context, items, () =>
    table(
      ['LABEL', 'NAME', 'DATASETS'],
      items.map(({ id, name, dataset_ids }) => [id, name, String(dataset_ids.length)]),
    ),
  );
}

async function create(context: CommandContext, _options: unknown, name = ''): Promise<void> {
  const label = await context.api.send<Label>(path, { method: 'POST', json: { name }, signal: context.signal });
  print(context, label, () => `Label "${label.name}" is ${label.id}.`);
}

async function rename(context: CommandContext, _options: unknown, id = '', name = ''): Promise<void> {
  const label = await context.api.send<Label>(at(id), { method: 'PATCH', json: { name }, signal: context.signal });
  print(context, label, () => `Label ${label.id} is "${label.name}".`);
}

async function remove(context: CommandContext, _options: unknown, id = ''): Promise<void> {
  await context.api.send(at(id), { method: 'DELETE', signal: context.signal });
  print(context, { id }, () => 'The label is deleted.');
}

async function put(context: CommandContext, _options: unknown, dataset = '', label = ''): Promise<void> {
  await context.api.send(onDataset(dataset, label), { method: 'PUT', signal: context.signal });
  print(context, { dataset, label }, () => 'The label is on the dataset.');
}

async function take(context: CommandContext, _options: unknown, dataset = '', label = ''): Promise<void> {
  await context.api.send(onDataset(dataset, label), { method: 'DELETE', signal: context.signal });
  print(context, { dataset, label }, () => 'The label is off the dataset.');
}
