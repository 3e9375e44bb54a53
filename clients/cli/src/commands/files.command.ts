import type { Command } from 'commander';
import { type CommandContext, print } from '../command-context.js';
import { uploadFiles } from '../upload-files.js';
import type { Act } from './act.js';

const example = `
Give a file to a run as {"file_id": "<id>"}, or upload and run at once with treadle run --file.

Example:
  treadle files upload cat.png`;

export function addFilesCommand(program: Command, act: Act): void {
  const files = program.command('files').description('upload files for runs, or delete one');
  files
    .command('upload')
    .description('upload a file and print its id')
    .argument('<path>', 'a file on this machine')
    .addHelpText('after', example)
    .action(act<unknown>(upload));
  files
    .command('delete')
    .description('delete a file; runs that read it later fail there')
    .argument('<file>', 'id of a file')
    .addHelpText('after', '\nExample:\n  treadle files delete 5b1f4a3e-5f0e-4c6b-9d3a-0e9d1b7c2f10')
    .action(act<unknown>(remove));
}

async function upload(context: CommandContext, _options: unknown, path: string): Promise<void> {
  const uploaded = await uploadFiles(context.api, [path], context.signal);
  print(context, uploaded, () => uploaded.map(({ id }) => id).join('\n'));
}

async function remove(context: CommandContext, _options: unknown, id: string): Promise<void> {
  const { api, signal } = context;
  await api.send(`/api/v1/files/${encodeURIComponent(id)}`, { method: 'DELETE', signal });
  print(context, { id, deleted: true }, () => `File ${id} is deleted.`);
}
