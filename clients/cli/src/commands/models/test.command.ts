import type { Command } from 'commander';
import type { ApiEvent } from '../../api-client.js';
import { CliError } from '../../cli-error.js';
import { type CommandContext, print } from '../../command-context.js';
import { exitCodes } from '../../exit-codes.js';
import { fields } from '../../output/fields.js';
import type { Act } from '../act.js';

interface TestOptions {
  readonly prompt: string;
}

/** What one streamed call showed. */
interface ModelTest {
  readonly model: string;
  /** Provider and model, as `provider/model`. */
  readonly served_by: string;
  readonly first_token_ms: number;
  readonly latency_ms: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly warnings: readonly string[];
  readonly text: string;
}

/** The part of OpenAI's `chat.completion.chunk` that is looked at, or the error that ends a stream. */
interface Chunk {
  readonly error?: { readonly message: string; readonly code: string };
  readonly choices?: readonly { readonly delta?: { readonly content?: string; readonly reasoning_content?: string } }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
  readonly treadle?: { readonly provider: string; readonly model: string; readonly warnings?: readonly string[] };
}

const help = `
The call is an ordinary one: it counts in budgets and in the usage.

Example:
  treadle models test openai/gpt-5-mini
  treadle models test support-route --prompt "What is a heddle?"`;

export function addTestCommand(models: Command, act: Act): void {
  models
    .command('test')
    .description('ask a model something short: latency, who served, first answer')
    .argument('<model>', 'a route, provider/model, or a model')
    .option('--prompt <text>', 'what to ask', 'Say hello in one short sentence.')
    .addHelpText('after', help)
    .action(act<TestOptions>(test));
}

async function test(context: CommandContext, { prompt }: TestOptions, model: string): Promise<void> {
  const startedAt = performance.now();
  const events = context.api.events('/openai/v1/chat/completions', {
    method: 'POST',
    json: {
      model,
      messages: [{ role: 'user', content: prompt }],
      stream: true,
      stream_options: { include_usage: true },
    },
    signal: context.signal,
  });
  const result = await readAnswer(model, events, () => Math.round(performance.now() - startedAt));
  print(context, result, () => textOf(result));
}

async function readAnswer(model: string, events: AsyncIterable<ApiEvent>, elapsed: () => number): Promise<ModelTest> {
  let text = '';
  let firstTokenMs: number | undefined;
  for await (const { data } of events) {
    const { error, choices, usage, treadle } = data as Chunk;
    if (error) throw new CliError(`${error.message} [${error.code}]`, exitCodes.unreachable);
    const delta = choices?.[0]?.delta;
    if (delta?.content || delta?.reasoning_content) firstTokenMs ??= elapsed();
    text += delta?.content ?? '';
    if (!usage) continue;
    return {
      model,
      served_by: treadle ? `${treadle.provider}/${treadle.model}` : model,
      first_token_ms: firstTokenMs ?? elapsed(),
      latency_ms: elapsed(),
      input_tokens: usage.prompt_tokens,
      output_tokens: usage.completion_tokens,
      warnings: treadle?.warnings ?? [],
      text,
    };
  }
  throw new CliError(`"${model}" ended its answer without saying so.`, exitCodes.unreachable);
}

function textOf(test: ModelTest): string {
  const rows = fields([
    ['served by', test.served_by],
    ['first token', `${test.first_token_ms} ms`],
    ['whole answer', `${test.latency_ms} ms`],
    ['tokens', `${test.input_tokens} in, ${test.output_tokens} out`],
    ...test.warnings.map((warning): [string, string] => ['warning', warning]),
  ]);
  return `${rows}\n\n${test.text}`;
}
