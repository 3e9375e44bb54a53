import type { Command } from 'commander';
import type { Page } from '../../api-types.js';
import { type CommandContext, print } from '../../command-context.js';
import { table } from '../../output/table.js';
import { readJsonFile } from '../../read-inputs.js';
import { addTarget, type RouteTarget } from '../../read-options.js';
import { readPages } from '../../read-pages.js';
import type { Act } from '../act.js';

interface Route {
  readonly name: string;
  readonly targets: readonly Required<RouteTarget>[];
  readonly rules: object;
}

interface SaveOptions {
  readonly target: readonly RouteTarget[];
  readonly rules?: string;
}

const path = '/api/v1/models/routes';

const help = `
Of targets with the same order each gets its weight's share of the calls; higher orders serve when the lower ones fail. The file of
rules is JSON with tiers, fallback_on, cache and deadlines.

Example:
  treadle models routes set support --target openai/gpt-5-mini,weight=3 --target claude/claude-haiku-4-5 --target ollama/qwen3,order=1`;

export function addRoutesCommand(models: Command, act: Act): void {
  const routes = models.command('routes').description('names that stand for models, with fallbacks');
  routes
    .command('list')
    .description('every route')
    .addHelpText('after', '\nExample:\n  treadle models routes list --json')
    .action(act<unknown>(list));
  routes
    .command('set')
    .description('save a route')
    .argument('<name>', 'what workflows and clients ask for')
    .requiredOption('--target <target>', 'provider/model[,weight=1][,order=0]; may be repeated', addTarget)
    .option('--rules <file>', 'a JSON file of rules; - reads standard input')
    .addHelpText('after', help)
    .action(act<SaveOptions>(set));
  routes
    .command('remove')
    .description('forget a route')
    .argument('<name>', 'a route')
    .addHelpText('after', '\nExample:\n  treadle models routes remove support')
    .action(act<unknown>(remove));
}

async function list(context: CommandContext): Promise<void> {
  const { api, signal } = context;
  const routes = await readPages((cursor) => api.send<Page<Route>>(path, { query: { cursor, limit: '100' }, signal }));
  print(context, routes, () =>
    table(
      ['ROUTE', 'TARGET', 'WEIGHT', 'ORDER', 'RULES'],
      routes.flatMap(({ name, targets, rules }) =>
        targets.map(({ provider, model, weight, order }) => [
          name,
          `${provider}/${model}`,
          String(weight),
          String(order),
          Object.keys(rules).join(', ') || '-',
        ]),
      ),
    ),
  );
}

async function set(context: CommandContext, { target, rules }: SaveOptions, name: string): Promise<void> {
  const route = await context.api.send<Route>(pathOf(name), {
    method: 'PUT',
    json: { targets: target, ...(rules !== undefined && { rules: await readJsonFile(rules, '--rules') }) },
    signal: context.signal,
  });
  print(context, route, () => `Route "${name}" is saved. Try it: treadle models test ${name}`);
}

async function remove(context: CommandContext, _options: unknown, name: string): Promise<void> {
  await context.api.send<unknown>(pathOf(name), { method: 'DELETE', signal: context.signal });
  print(context, { name }, () => `Route "${name}" is forgotten.`);
}

function pathOf(name: string): string {
  return `${path}/${encodeURIComponent(name)}`;
}
