import type { Command } from 'commander';
import type { Page } from '../../api-types.js';
import { type CommandContext, print } from '../../command-context.js';
import { fields } from '../../output/fields.js';
import { table } from '../../output/table.js';
import { readText } from '../../read-inputs.js';
import { addAssignment } from '../../read-options.js';
import { readPages } from '../../read-pages.js';
import type { Act } from '../act.js';

interface Provider {
  readonly name: string;
  readonly kind: string;
  readonly base_url: string;
  readonly key_hint: string | null;
  readonly from_environment: boolean;
}

interface ProviderTest {
  readonly latency_ms: number;
  readonly first_token_ms: number | null;
  readonly text: string;
  readonly models: readonly string[];
}

interface SaveOptions {
  readonly kind: string;
  readonly baseUrl?: string;
  readonly keyFile?: string;
  readonly option?: Readonly<Record<string, string>>;
  readonly testModel?: string;
  readonly mergesRepeats?: true;
}

const path = '/api/v1/models/providers';

export function addProvidersCommand(models: Command, act: Act): void {
  const providers = models.command('providers').description('who is asked, and with which key');
  providers
    .command('list')
    .description('every provider')
    .addHelpText('after', '\nExample:\n  treadle models providers list')
    .action(act<unknown>(list));
  providers
    .command('set')
    .description('test a provider by a call and save it; its key is sealed and never shown again')
    .argument('<name>', 'how routes and workflows call it')
    .requiredOption('--kind <kind>', 'which protocol it speaks: openai, anthropic, ollama, openai-compatible and more')
    .option('--base-url <url>', "its address, where that is not the vendor's own")
    .option('--key-file <file>', 'the file that holds its key; - reads standard input; without it the saved key stays')
    .option('--option <name=value>', 'a setting of this kind of provider; may be repeated', addAssignment)
    .option('--merges-repeats', 'it promises to bill requests under one Idempotency-Key once: budgets rely on that')
    .option('--test-model <model>', 'ask this model something short; without it the list of models is read')
    .addHelpText(
      'after',
      '\nExample:\n  treadle models providers set claude --kind anthropic --key-file key.txt --test-model claude-sonnet-4-6',
    )
    .action(act<SaveOptions>(set));
  providers
    .command('test')
    .description('ask a provider something short: latency and first answer')
    .argument('<name>', 'a provider')
    .option('--model <model>', 'ask this model; without it the list of models is read')
    .addHelpText('after', '\nExample:\n  treadle models providers test claude --model claude-sonnet-4-6')
    .action(act<{ readonly model?: string }>(test));
  providers
    .command('remove')
    .description('forget a provider and its key')
    .argument('<name>', 'a provider')
    .addHelpText('after', '\nExample:\n  treadle models providers remove claude')
    .action(act<unknown>(remove));
}

async function list(context: CommandContext): Promise<void> {
  const { api, signal } = context;
  const providers = await readPages((cursor) =>
    api.send<Page<Provider>>(path, { query: { cursor, limit: '100' }, signal }),
  );
  print(context, providers, () =>
    table(
      ['PROVIDER', 'KIND', 'ADDRESS', 'KEY', 'FROM'],
      providers.map(({ name, kind, base_url, key_hint, from_environment }) => [
        name,
        kind,
        base_url || '-',
        key_hint ?? '-',
        from_environment ? 'environment' : 'saved',
      ]),
    ),
  );
}

async function set(context: CommandContext, options: SaveOptions, name: string): Promise<void> {
  const { kind, baseUrl, keyFile, option, testModel, mergesRepeats } = options;
  const key = keyFile === undefined ? undefined : (await readText(keyFile)).trim();
  const saved = await context.api.send<Provider & { readonly test: ProviderTest }>(pathOf(name), {
    method: 'PUT',
    json: {
      kind,
      base_url: baseUrl,
      api_key: key,
      options: option,
      merges_repeats: mergesRepeats,
      test_model: testModel,
    },
    signal: context.signal,
  });
  print(context, saved, () => `Provider "${name}" is saved.\n\n${testText(saved.test)}`);
}

async function test(context: CommandContext, { model }: { readonly model?: string }, name: string): Promise<void> {
  const result = await context.api.send<ProviderTest>(`${pathOf(name)}/test`, {
    method: 'POST',
    json: { model },
    signal: context.signal,
  });
  print(context, result, () => testText(result));
}

async function remove(context: CommandContext, _options: unknown, name: string): Promise<void> {
  await context.api.send<unknown>(pathOf(name), { method: 'DELETE', signal: context.signal });
  print(context, { name }, () => `Provider "${name}" is forgotten.`);
}

function testText({ latency_ms, first_token_ms, text, models }: ProviderTest): string {
  const rows = fields([
    ...(first_token_ms === null ? [] : [['first token', `${first_token_ms} ms`] as const]),
    ['whole answer', `${latency_ms} ms`],
  ]);
  return `${rows}\n\n${text || models.join('\n')}`;
}

function pathOf(name: string): string {
  return `${path}/${encodeURIComponent(name)}`;
}
