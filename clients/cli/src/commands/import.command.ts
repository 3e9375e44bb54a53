import type { Command } from 'commander';
import type { ImportedWorkflow } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { readText } from '../read-inputs.js';
import type { Act } from './act.js';

interface ImportOptions {
  readonly name?: string;
}

export function addImportCommand(program: Command, act: Act): void {
  program
    .command('import')
    .description('create a workflow from a Treadle document or a Dify file (JSON or YAML)')
    .argument('<file>', 'the file; - reads standard input')
    .option('--name <name>', 'name it so, whatever the file says')
    .addHelpText('after', '\nExample:\n  treadle import translate.yml --name translate')
    .action(act<ImportOptions>(importFile));
}

async function importFile(context: CommandContext, options: ImportOptions, file: string): Promise<void> {
  const text = await readText(file);
  const workflow = await context.api.send<ImportedWorkflow>('/api/v1/workflows', {
    method: 'POST',
    text,
    headers: { 'content-type': text.trimStart().startsWith('{') ? 'application/json' : 'application/yaml' },
    query: { name: options.name },
    signal: context.signal,
  });
  print(context, workflow, () => `Imported "${workflow.name}" as ${workflow.id}, version ${workflow.version}.`);
  if (!context.json) for (const warning of workflow.warnings) context.terminal.err.write(`${warningLine(warning)}\n`);
}

function warningLine({ node, message }: ImportedWorkflow['warnings'][number]): string {
  return `warning: ${node ? `node ${node}: ` : ''}${message}`;
}
