import { type Command } from 'commander';
import type { Page, PublishedWorkflow, Workflow, WorkflowVersion } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { findWorkflow } from '../find-workflow.js';
import { table } from '../output/table.js';
import { webhookText } from '../output/webhook-text.js';
import { positiveInteger } from '../positive-integer.js';
import { readPages } from '../read-pages.js';
import type { Act } from './act.js';

interface VersionOption {
  readonly version?: number;
}

export function addWorkflowsCommand(program: Command, act: Act): void {
  const workflows = program.command('workflows').description('look at workflows, or publish one');
  workflows
    .command('list')
    .description('every workflow')
    .addHelpText('after', '\nExample:\n  treadle workflows list --json')
    .action(act<unknown>(list));
  workflows
    .command('get')
    .description('one workflow with its document')
    .argument('<workflow>', 'id or name of a workflow')
    .option('--version <number>', 'this version instead of the newest', positiveInteger)
    .addHelpText('after', '\nExample:\n  treadle workflows get translate --version 2')
    .action(act<VersionOption>(get));
  workflows
    .command('publish')
    .description('make a version the one that runs; it never changes again')
    .argument('<workflow>', 'id or name of a workflow')
    .option('--version <number>', 'this version instead of the newest', positiveInteger)
    .addHelpText('after', '\nExample:\n  treadle workflows publish translate')
    .action(act<VersionOption>(publish));
  workflows
    .command('versions')
    .description('the versions of a workflow, newest first')
    .argument('<workflow>', 'id or name of a workflow')
    .addHelpText('after', '\nExample:\n  treadle workflows versions translate')
    .action(act<unknown>(versions));
}

async function list(context: CommandContext): Promise<void> {
  const { api, signal } = context;
  const workflows = await readPages((cursor) =>
    api.send<Page<Workflow>>('/api/v1/workflows', { query: { cursor, limit: '100' }, signal }),
  );
  print(context, workflows, () =>
    table(
      ['WORKFLOW', 'NAME', 'VERSION', 'PUBLISHED', 'CHANGED'],
      workflows.map((workflow) => [
        workflow.id,
        workflow.name,
        String(workflow.latest_version),
        workflow.published_version ? String(workflow.published_version) : '-',
        workflow.updated_at,
      ]),
    ),
  );
}

async function get(context: CommandContext, { version }: VersionOption, idOrName: string): Promise<void> {
  const { id } = await findWorkflow(context.api, idOrName);
  const workflow = await context.api.send<unknown>(workflowPath(id), {
    query: { version: version?.toString() },
    signal: context.signal,
  });
  print(context, workflow, () => JSON.stringify(workflow, undefined, 2));
}

async function publish(context: CommandContext, { version }: VersionOption, idOrName: string): Promise<void> {
  const { id } = await findWorkflow(context.api, idOrName);
  const workflow = await context.api.send<PublishedWorkflow>(`${workflowPath(id)}/publish`, {
    method: 'POST',
    json: { version },
    signal: context.signal,
  });
  print(context, workflow, () =>
    [
      `Version ${workflow.published_version} of "${workflow.name}" is published.`,
      ...(workflow.webhooks ?? []).map(webhookText),
    ].join('\n'),
  );
}

async function versions(context: CommandContext, _options: unknown, idOrName: string): Promise<void> {
  const { id } = await findWorkflow(context.api, idOrName);
  const { items } = await context.api.send<Page<WorkflowVersion>>(`${workflowPath(id)}/versions`, {
    signal: context.signal,
  });
  print(context, items, () =>
    table(
      ['VERSION', 'STATE', 'CREATED'],
      items.map(({ version, published, created_at }) => [
        String(version),
        published ? 'published' : 'draft',
        created_at,
      ]),
    ),
  );
}

function workflowPath(id: string): string {
  return `/api/v1/workflows/${encodeURIComponent(id)}`;
}
