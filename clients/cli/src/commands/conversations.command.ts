import type { Command } from 'commander';
import type { Conversation, Message, Page } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { findWorkflow } from '../find-workflow.js';
import { table } from '../output/table.js';
import { positiveInteger } from '../positive-integer.js';
import { readPages } from '../read-pages.js';
import type { Act } from './act.js';

interface ListOptions {
  readonly workflow?: string;
  readonly user?: string;
  readonly limit: number;
}

const id = '0199a5b2-7c1e-7000-8000-000000000001';

export function addConversationsCommand(program: Command, act: Act): void {
  const conversations = program
    .command('conversations')
    .description('look at conversations with chat workflows, rename or delete one');
  conversations
    .command('list')
    .description('the conversations, newest activity first')
    .option('--workflow <workflow>', 'only those with this workflow (id or name)')
    .option('--user <name>', 'only those of this end user')
    .option('--limit <number>', 'at most so many', positiveInteger, 20)
    .addHelpText('after', '\nExample:\n  treadle conversations list --workflow assistant --user ada')
    .action(act<ListOptions>(list));
  conversations
    .command('messages')
    .description('what was said in a conversation, oldest first')
    .argument('<conversation>', 'id of a conversation')
    .option('--limit <number>', 'at most so many, the newest ones', positiveInteger, 20)
    .addHelpText('after', `\nExample:\n  treadle conversations messages ${id}`)
    .action(act<{ readonly limit: number }>(messages));
  conversations
    .command('rename')
    .description('give a conversation another name')
    .argument('<conversation>', 'id of a conversation')
    .requiredOption('--name <text>', 'the new name')
    .addHelpText('after', `\nExample:\n  treadle conversations rename ${id} --name "About looms"`)
    .action(act<{ readonly name: string }>(rename));
  conversations
    .command('delete')
    .description('delete a conversation with its messages and variables; its runs stay')
    .argument('<conversation>', 'id of a conversation')
    .addHelpText('after', `\nExample:\n  treadle conversations delete ${id}`)
    .action(act<unknown>(remove));
}

async function list(context: CommandContext, { workflow, user, limit }: ListOptions): Promise<void> {
  const workflow_id = workflow === undefined ? undefined : (await findWorkflow(context.api, workflow)).id;
  const found = await pages<Conversation>(context, '/api/v1/conversations', { workflow_id, user }, limit);
  print(context, found, () =>
    table(
      ['CONVERSATION', 'NAME', 'USER', 'TURNS', 'ACTIVE'],
      found.map((one) => [one.id, one.name, one.user ?? '', String(one.turns), one.active_at]),
    ),
  );
}

async function messages(context: CommandContext, { limit }: { limit: number }, conversation: string): Promise<void> {
  const newestFirst = await pages<Message>(context, `${pathOf(conversation)}/messages`, {}, limit);
  const said = newestFirst.toReversed();
  print(context, said, () => said.map(messageText).join('\n\n'));
}

async function rename(context: CommandContext, { name }: { name: string }, conversation: string): Promise<void> {
  const { signal } = context;
  const request = { method: 'PATCH', json: { name }, signal } as const;
  const renamed = await context.api.send<Conversation>(pathOf(conversation), request);
  print(context, renamed, () => `Conversation ${renamed.id} is called "${renamed.name}".`);
}

async function remove(context: CommandContext, _options: unknown, conversation: string): Promise<void> {
  await context.api.send(pathOf(conversation), { method: 'DELETE', signal: context.signal });
  print(context, { id: conversation, deleted: true }, () => `Conversation ${conversation} is deleted.`);
}

function pages<T>(
  { api, signal }: CommandContext,
  path: string,
  filter: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<T[]> {
  const query = { ...filter, limit: String(Math.min(limit, 100)) };
  return readPages((cursor) => api.send<Page<T>>(path, { query: { ...query, cursor }, signal }), limit);
}

function messageText({ run_id, status, query, answer }: Message): string {
  return `> ${query}\n${answer ?? `(run ${run_id} is ${status})`}`;
}

function pathOf(conversation: string): string {
  return `/api/v1/conversations/${encodeURIComponent(conversation)}`;
}
