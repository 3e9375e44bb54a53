import { type Failure, failure } from '@treadle/failure';
import type { Provider } from './provider.js';
import type { Registry } from './registry.js';

/** A model by the names a workflow uses; the provider may be empty. */
export interface WantedModel {
  readonly provider: string;
  readonly model: string;
}

/** Who serves a name, or why nobody does. The warning says that it is another model than the one asked for. */
export type Resolution =
  | { readonly served: true; readonly provider: Provider; readonly model: string; readonly warning?: string }
  | { readonly served: false; readonly failure: Failure };

type Served = { readonly provider: Provider; readonly model: string };

/**
 * Who serves a name:
 * 0. A model without provider may begin with the name of one of ours: `provider/model`.
 * 1. The provider it names, if that lists the model or gives no list.
 * 2. Where the provider is none of ours (imported workflows carry the names of plugins): any that lists the model.
 * 3. The default model, with a warning.
 * While a provider that may have the model cannot be asked, the answer is its trouble, which passes, and not "unknown".
 * Waits only where a list of models has to be read first.
 */
export function resolveModel(
  registry: Registry,
  defaultModel: string,
  asked: WantedModel,
): Resolution | Promise<Resolution> {
  const wanted = withProvider(registry, asked);
  const named = registry.find(lastSegment(wanted.provider));
  const list = named && registry.fresh(named);
  if (named && list?.state === 'known') {
    const model = nameIn(list.models, wanted.model);
    if (model !== undefined) return { served: true, provider: named, model };
  }
  return resolveByLists(registry, defaultModel, wanted, named);
}

async function resolveByLists(
  registry: Registry,
  defaultModel: string,
  wanted: WantedModel,
  named: Provider | undefined,
): Promise<Resolution> {
  const found = named ? await servedByName(registry, named, wanted.model) : await servedByAny(registry, wanted.model);
  if (found) return { served: true, ...found };
  const trouble = named ? undefined : await firstTrouble(registry);
  if (trouble) return { served: false, failure: trouble };
  const standIn = defaultModel ? await findDefault(registry, defaultModel) : undefined;
  if (!standIn) return { served: false, failure: unknownModel(registry, defaultModel, wanted) };
  const warning = `${nobodyKnows(wanted)} "${standIn.model}" of "${standIn.provider.name}" serves it, as TREADLE_DEFAULT_MODEL says.`;
  return { served: true, ...standIn, warning };
}

/** The names of many models hold slashes themselves, so only what is a provider's name is taken for one. */
function withProvider(registry: Registry, wanted: WantedModel): WantedModel {
  const slash = wanted.model.indexOf('/');
  const provider = wanted.model.slice(0, Math.max(0, slash));
  if (wanted.provider || !registry.find(provider)) return wanted;
  return { provider, model: wanted.model.slice(slash + 1) };
}

/** Plugin names look like `maker/plugin/provider`. */
function lastSegment(provider: string): string {
  return provider.slice(provider.lastIndexOf('/') + 1);
}

async function servedByName(registry: Registry, provider: Provider, model: string): Promise<Served | undefined> {
  const list = await registry.list(provider, model);
  if (list.state !== 'known') return { provider, model };
  const name = nameIn(list.models, model);
  return name === undefined ? undefined : { provider, model: name };
}

async function servedByAny(registry: Registry, model: string): Promise<Served | undefined> {
  for (const provider of registry.providers) {
    const list = await registry.list(provider, model);
    const name = list.state === 'known' ? nameIn(list.models, model) : undefined;
    if (name !== undefined) return { provider, model: name };
  }
  return undefined;
}

/** Some servers list `name:latest` for what everybody calls `name`. */
function nameIn(models: readonly string[], model: string): string | undefined {
  if (models.includes(model)) return model;
  const latest = `${model}:latest`;
  return models.includes(latest) ? latest : undefined;
}

async function firstTrouble(registry: Registry): Promise<Failure | undefined> {
  for (const provider of registry.providers) {
    const list = await registry.list(provider);
    if (list.state === 'down') return list.failure;
  }
  return undefined;
}

/** `provider/model`, or a model that any provider lists, or one for the first provider that gives no list. */
async function findDefault(registry: Registry, defaultModel: string): Promise<Served | undefined> {
  const slash = defaultModel.indexOf('/');
  const named = slash > 0 ? registry.find(defaultModel.slice(0, slash)) : undefined;
  if (named) return servedByName(registry, named, defaultModel.slice(slash + 1));
  const listed = await servedByAny(registry, defaultModel);
  if (listed) return listed;
  for (const provider of registry.providers) {
    const list = await registry.list(provider);
    if (list.state === 'none') return { provider, model: defaultModel };
  }
  return undefined;
}

function nobodyKnows({ provider, model }: WantedModel): string {
  return provider
    ? `No provider knows the model "${model}" of "${provider}".`
    : `No provider knows the model "${model}".`;
}

function unknownModel(registry: Registry, defaultModel: string, wanted: WantedModel): Failure {
  const providers = registry.providers.map(({ name }) => name);
  const advice = defaultModel
    ? `TREADLE_DEFAULT_MODEL is "${defaultModel}", which no provider knows either.`
    : 'Set TREADLE_DEFAULT_MODEL to a model that serves such names, for example "demo/demo",';
  const other = 'or set OPENAI_API_KEY and OPENAI_BASE_URL for a provider that has it.';
  const joined = defaultModel ? `${advice} Set it to one that exists, ${other}` : `${advice} ${other}`;
  return failure('model_not_found', `${nobodyKnows(wanted)} ${joined}`, {
    details: { provider: wanted.provider, model: wanted.model, providers },
  });
}
